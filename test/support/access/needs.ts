import type { Action } from '../../../lib/domain/policy/actions.js';
import type { ImageKind } from './images.js';
import type { Question } from '../clients/ask.js';
import { FORMATS, OCTETS } from '../clients/images-client.js';

/** A request of an image's owner that needs an action of the policy. */
export interface Need {
  readonly action: Action;
  /** Default shared. */
  readonly kind?: ImageKind;
  readonly path: (id: string) => string;
  readonly question: Question;
  /** Whether the request is about no image, so that the rule is all there is. */
  readonly without?: boolean;
}

const images = (): string => '/v1/images';
const image = (id: string): string => `/v1/images/${id}`;
const members = (id: string): string => `/v1/images/${id}/members`;
const member =
  (name: string) =>
  (id: string): string =>
    `/v1/images/${id}/members/${name}`;
const PUBLISHED = { headers: { 'x-image-meta-is_public': 'true' } };
const UPLOAD = { headers: { ...OCTETS, ...FORMATS }, body: 'data' };
// Nothing is asked there: the policy comes first.
const COPY = { headers: { ...FORMATS, 'x-glance-api-copy-from': 'http://127.0.0.1:1/x' } };
const LOCATED = { headers: { ...FORMATS, 'x-image-meta-location': 'http://127.0.0.1:1/x' } };
const MEMBERS = {
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: '{"memberships":[{"member_id":"green","can_share":true},{"member_id":"gold"}]}',
};

/** Every request that needs an action, the action's own reason alone. */
export const NEEDS: readonly Need[] = [
  { action: 'add_image', path: images, question: { method: 'POST' }, without: true },
  { action: 'add_image', path: images, question: { ...UPLOAD, method: 'POST' }, without: true },
  { action: 'get_images', path: images, question: {}, without: true },
  { action: 'get_images', path: () => '/v1/images/detail', question: {}, without: true },
  { action: 'get_images', path: () => '/v1/', question: {}, without: true },
  { action: 'get_images', path: () => '/v1/images?limit=0', question: {}, without: true },
  { action: 'get_image', path: image, question: { method: 'HEAD' } },
  { action: 'get_image', path: image, question: {} },
  { action: 'get_image', kind: 'queued', path: image, question: {} },
  { action: 'get_image', path: image, question: { method: 'PUT' } },
  { action: 'modify_image', path: image, question: { method: 'PUT' } },
  { action: 'modify_image', kind: 'queued', path: image, question: { ...UPLOAD, method: 'PUT' } },
  { action: 'delete_image', path: image, question: { method: 'DELETE' } },
  { action: 'delete_image', kind: 'protected', path: image, question: { method: 'DELETE' } },
  { action: 'publicize_image', path: images, question: { ...PUBLISHED, method: 'POST' }, without: true },
  { action: 'publicize_image', path: image, question: { ...PUBLISHED, method: 'PUT' } },
  { action: 'upload_image', path: images, question: { ...UPLOAD, method: 'POST' }, without: true },
  {
    action: 'upload_image',
    path: images,
    question: { method: 'POST', headers: { 'x-image-meta-size': '0' } },
    without: true,
  },
  { action: 'upload_image', path: images, question: { ...COPY, method: 'POST' }, without: true },
  { action: 'upload_image', kind: 'queued', path: image, question: { ...COPY, method: 'PUT' } },
  { action: 'upload_image', kind: 'queued', path: image, question: { ...UPLOAD, method: 'PUT' } },
  { action: 'download_image', path: image, question: {} },
  { action: 'copy_from', path: images, question: { ...COPY, method: 'POST' }, without: true },
  { action: 'copy_from', kind: 'queued', path: image, question: { ...COPY, method: 'PUT' } },
  { action: 'set_image_location', path: images, question: { ...LOCATED, method: 'POST' }, without: true },
  { action: 'set_image_location', kind: 'queued', path: image, question: { ...LOCATED, method: 'PUT' } },
  { action: 'get_members', path: members, question: {} },
  { action: 'get_members', path: () => '/v1/shared-images/green', question: {}, without: true },
  { action: 'modify_member', path: members, question: MEMBERS },
  { action: 'add_member', path: member('white'), question: { method: 'PUT' } },
  { action: 'modify_member', path: member('white'), question: { method: 'PUT' } },
  { action: 'modify_member', path: member('green'), question: { method: 'PUT' } },
  { action: 'delete_member', path: member('green'), question: { method: 'DELETE' } },
  { action: 'delete_member', path: member('white'), question: { method: 'DELETE' } },
];
