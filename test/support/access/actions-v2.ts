import type { Image } from '../../../lib/domain/image.js';
import type { Answer, Question } from '../clients/ask.js';
import { OCTETS, type ImagesClient } from '../clients/images-client.js';
import type { Action } from './actions.js';
import { MEMBER } from './callers.js';

const status = (answer: Answer): string => String(answer.status);

const request =
  (path: (image: Image) => string, question: Question = {}): Action['run'] =>
  async (client, one) =>
    status(await client.ask(path(one), question));

const listing =
  (query: string): Action['run'] =>
  async (client, { id, name }) => {
    const answer = await client.ask(`/v2/images?name=${encodeURIComponent(name ?? '')}${query}`);
    if (answer.status !== 200) return status(answer);
    const { images } = JSON.parse(answer.text) as { images: readonly { readonly id: string }[] };
    return images.some((one) => one.id === id) ? 'listed' : '–';
  };

/** Of whose membership an answer tells. */
async function memberList(client: ImagesClient, { id }: Image): Promise<string> {
  const answer = await client.ask(`/v2/images/${id}/members`);
  if (answer.status !== 200) return status(answer);
  const { members } = JSON.parse(answer.text) as { members: readonly { readonly member_id: string }[] };
  return members.length === 0 ? 'none' : members.map(({ member_id }) => member_id).join(' ');
}

const image = ({ id }: Image): string => `/v2/images/${id}`;
const below =
  (path: string) =>
  (one: Image): string =>
    `${image(one)}/${path}`;
const json = (method: 'POST' | 'PUT', body: object): Question => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const patch = (path: string, value: unknown): Action => ({
  title: `\`PATCH /v2/images/{id}\`, \`${path}\` becomes ${JSON.stringify(value)}`,
  run: request(image, {
    method: 'PATCH',
    headers: { 'content-type': 'application/openstack-images-v2.1-json-patch' },
    body: JSON.stringify([{ op: 'add', path: `/${path}`, value }]),
  }),
});

const importBy = (name: string, method: object, more: object = {}): Action => ({
  title: `\`POST /v2/images/{id}/import\`, ${name}`,
  run: request(below('import'), json('POST', { method: { name, ...method }, ...more })),
});

/** Everything that the Images API v2 lets one try with an image that is there. */
export const ACTIONS_V2: readonly Action[] = [
  { title: '`GET /v2/images`', run: listing('') },
  ...['public', 'community', 'private', 'all'].map((visibility) => ({
    title: `the same with \`visibility=${visibility}\``,
    run: listing(`&visibility=${visibility}`),
  })),
  {
    title: 'the same with `visibility=shared`, `member_status=all`',
    run: listing('&visibility=shared&member_status=all'),
  },
  { title: 'the same with `os_hidden=true`', run: listing('&os_hidden=true') },
  {
    title: 'the image as `marker` of a listing',
    run: request(({ id }) => `/v2/images?limit=1&marker=${id}`),
  },
  { title: '`GET /v2/images/{id}`', run: request(image) },
  { title: '`GET /v2/images/{id}/file`', run: request(below('file')) },
  {
    title: '`PUT /v2/images/{id}/file`',
    run: request(below('file'), { method: 'PUT', headers: OCTETS, body: 'other data' }),
  },
  {
    title: '`PUT /v2/images/{id}/stage`',
    run: request(below('stage'), { method: 'PUT', headers: OCTETS, body: 'other data' }),
  },
  importBy('web-download', { uri: 'http://192.0.2.1/refused' }),
  importBy('copy-image', {}, { stores: ['file'] }),
  patch('name', 'another'),
  patch('owner', 'black'),
  patch('visibility', 'public'),
  patch('visibility', 'community'),
  patch('visibility', 'private'),
  { title: '`DELETE /v2/images/{id}`', run: request(image, { method: 'DELETE' }) },
  {
    title: '`POST /v2/images` with the id of the image',
    run: async (client, { id }) => status(await client.ask('/v2/images', json('POST', { id }))),
  },
  {
    title: '`POST /v2/images/{id}/actions/deactivate`',
    run: request(below('actions/deactivate'), { method: 'POST' }),
  },
  {
    title: '`POST /v2/images/{id}/actions/reactivate`',
    run: request(below('actions/reactivate'), { method: 'POST' }),
  },
  { title: '`PUT /v2/images/{id}/tags/{tag}`', run: request(below('tags/new'), { method: 'PUT' }) },
  { title: '`DELETE /v2/images/{id}/tags/{tag}`', run: request(below('tags/old'), { method: 'DELETE' }) },
  { title: '`GET /v2/images/{id}/members`', run: memberList },
  { title: `\`GET /v2/images/{id}/members/${MEMBER}\``, run: request(below(`members/${MEMBER}`)) },
  {
    title: '`POST /v2/images/{id}/members`',
    run: request(below('members'), json('POST', { member: 'white' })),
  },
  {
    title: `\`PUT /v2/images/{id}/members/${MEMBER}\``,
    run: request(below(`members/${MEMBER}`), json('PUT', { status: 'accepted' })),
  },
  {
    title: `\`DELETE /v2/images/{id}/members/${MEMBER}\``,
    run: request(below(`members/${MEMBER}`), { method: 'DELETE' }),
  },
  {
    title: '`DELETE /v2/stores/file/{id}`, the only copy',
    run: request(({ id }) => `/v2/stores/file/${id}`, { method: 'DELETE' }),
  },
  { title: '`GET /v2/images/{id}/tasks`', run: request(below('tasks')) },
];

/** What the Images API v2 lets one try without an image. */
export const QUESTIONS_V2: Readonly<Record<string, { readonly path: string; readonly question?: Question }>> =
  {
    '`POST /v2/images`': { path: '/v2/images', question: json('POST', { name: 'new' }) },
    'the same, community': { path: '/v2/images', question: json('POST', { visibility: 'community' }) },
    'the same, public': { path: '/v2/images', question: json('POST', { visibility: 'public' }) },
    '`GET /v2/images`': { path: '/v2/images' },
    '`GET /v2/schemas/image`': { path: '/v2/schemas/image' },
    '`GET /v2/info/import`': { path: '/v2/info/import' },
    '`GET /v2/info/stores`': { path: '/v2/info/stores' },
    '`GET /v2/info/stores/detail`': { path: '/v2/info/stores/detail' },
    '`GET /v2/info/usage`': { path: '/v2/info/usage' },
    '`GET /v2/tasks`': { path: '/v2/tasks' },
    '`GET /v2/cache`': { path: '/v2/cache' },
  };
