import type { Image } from '../../../lib/domain/image.js';
import { MEMBER, SHARER } from './callers.js';
import type { Answer, Question } from '../clients/ask.js';
import { OCTETS, type ImagesClient } from '../clients/images-client.js';

/** One thing that a caller may try with an image; gives what a table says of the answer. */
export interface Action {
  readonly title: string;
  readonly run: (client: ImagesClient, image: Image) => Promise<string>;
}

/** The word for an answer of which only the status matters. */
const status = (answer: Answer): string => String(answer.status);

const request =
  (path: (image: Image) => string, question: Question): Action['run'] =>
  async (client, image) =>
    status(await client.ask(path(image), question));

/** Whether the image is in a listing. */
const listing =
  (path: string): Action['run'] =>
  async (client, { id, name }) => {
    const join = path.includes('?') ? '&' : '?';
    const answer = await client.ask(`${path}${join}name=${encodeURIComponent(name ?? '')}`);
    if (answer.status !== 200) return status(answer);
    return (JSON.parse(answer.text) as Listing).images.some((one) => one.id === id) ? 'listed' : '–';
  };

interface Listing {
  readonly images: readonly { readonly id: string }[];
}

/** Of whose membership an answer tells. */
const memberList: Action['run'] = async (client, { id }) => {
  const answer = await client.ask(`/v1/images/${id}/members`);
  if (answer.status !== 200) return status(answer);
  const { members } = JSON.parse(answer.text) as { members: readonly { member_id: string }[] };
  return members.length === 0 ? 'none' : members.map(({ member_id }) => member_id).join(' ');
};

const sharedWith =
  (project: string): Action['run'] =>
  async (client, { id }) => {
    const answer = await client.ask(`/v1/shared-images/${project}`);
    if (answer.status !== 200) return status(answer);
    const { shared_images } = JSON.parse(answer.text) as { shared_images: { image_id: string }[] };
    return shared_images.some(({ image_id }) => image_id === id) ? 'listed' : '–';
  };

const image = ({ id }: Image): string => `/v1/images/${id}`;
const members = ({ id }: Image): string => `/v1/images/${id}/members`;
const json = (body: object): Question => ({
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Everything that the Images API v1 lets one try with an image that is there. */
export const ACTIONS: readonly Action[] = [
  { title: '`GET /v1/images`, `GET /v1/images/detail`', run: bothListings('') },
  { title: 'the same with `is_public=false`', run: bothListings('?is_public=false') },
  { title: 'the same with `is_public=none`', run: bothListings('?is_public=none') },
  { title: 'the same with `changes-since`', run: bothListings('?changes-since=2000-01-01') },
  { title: 'the image as `marker` of a listing', run: marker },
  { title: '`HEAD /v1/images/{id}`', run: request(image, { method: 'HEAD' }) },
  { title: '`GET /v1/images/{id}`', run: request(image, {}) },
  {
    title: '`PUT /v1/images/{id}`, metadata',
    run: request(image, { method: 'PUT', headers: { 'x-image-meta-min_ram': '5' } }),
  },
  {
    title: '`PUT /v1/images/{id}`, made public',
    run: request(image, { method: 'PUT', headers: { 'x-image-meta-is_public': 'true' } }),
  },
  {
    title: '`PUT /v1/images/{id}`, data',
    run: request(image, { method: 'PUT', headers: OCTETS, body: 'other data' }),
  },
  { title: '`DELETE /v1/images/{id}`', run: request(image, { method: 'DELETE' }) },
  {
    title: '`POST /v1/images` with the id of the image',
    run: (client, { id }) =>
      client.ask('/v1/images', { method: 'POST', headers: { 'x-image-meta-id': id } }).then(status),
  },
  { title: '`GET /v1/images/{id}/members`', run: memberList },
  {
    title: '`PUT /v1/images/{id}/members`',
    run: request(members, json({ memberships: [{ member_id: 'white' }] })),
  },
  {
    title: '`PUT /v1/images/{id}/members/{member}`, a new one',
    run: request((one) => `${members(one)}/white`, { method: 'PUT' }),
  },
  {
    title: `\`PUT /v1/images/{id}/members/${MEMBER}\`, \`can_share\` changed`,
    run: request((one) => `${members(one)}/${MEMBER}`, json({ member: { can_share: true } })),
  },
  {
    title: `\`DELETE /v1/images/{id}/members/${MEMBER}\``,
    run: request((one) => `${members(one)}/${MEMBER}`, { method: 'DELETE' }),
  },
  {
    title: `\`DELETE /v1/images/{id}/members/${SHARER}\``,
    run: request((one) => `${members(one)}/${SHARER}`, { method: 'DELETE' }),
  },
  { title: `\`GET /v1/shared-images/${MEMBER}\``, run: sharedWith(MEMBER) },
];

/** Both listings show the same images. */
function bothListings(query: string): Action['run'] {
  const [brief, detail] = [listing(`/v1/images${query}`), listing(`/v1/images/detail${query}`)];
  return async (client, one) => {
    const words = [await brief(client, one), await detail(client, one)];
    return [...new Set(words)].join(' but ');
  };
}

async function marker(client: ImagesClient, { id }: Image): Promise<string> {
  return status(await client.ask(`/v1/images?limit=1&marker=${id}`));
}
