import { newBlob } from '../../../lib/domain/blob-entries.js';
import { callerOf } from '../../../lib/domain/identity.js';
import { newImage } from '../../../lib/domain/image-rules.js';
import type { Image, Member } from '../../../lib/domain/image.js';
import { MEMBER, OWNER, SHARER } from './callers.js';

/** The data of every image here that has some. */
export const DATA = 'data';

const MADE = '2024-01-01T00:00:00.000000';
/** Version 1 does not ask whether a membership was accepted. */
const member = (id: string, can_share: boolean, status: Member['status']): Member => ({
  id,
  can_share,
  status,
  created_at: MADE,
  updated_at: MADE,
});

const GONE = { members: [], deleted_at: MADE } as const;

/** Every kind of image, as what sets it apart from an active one that is shared with two projects. */
export const IMAGES = {
  shared: {},
  private: { visibility: 'private' },
  public: { visibility: 'public' },
  community: { visibility: 'community' },
  hidden: { hidden: true },
  'hidden, public': { hidden: true, visibility: 'public' },
  protected: { protected: true },
  'of nobody': { owner: null, members: [] },
  'of nobody, public': { owner: null, members: [], visibility: 'public' },
  queued: { status: 'queued', size: null },
  saving: { status: 'saving', size: null },
  deactivated: { status: 'deactivated' },
  'deactivated, public': { status: 'deactivated', visibility: 'public' },
  killed: { status: 'killed', size: null },
  deleted: { status: 'deleted', ...GONE },
  'deleted, public': { status: 'deleted', visibility: 'public', ...GONE },
  pending_delete: { status: 'pending_delete', ...GONE },
} as const satisfies Record<string, Partial<Image>>;
export type ImageKind = keyof typeof IMAGES;
export const IMAGE_KINDS = Object.keys(IMAGES) as readonly ImageKind[];

/** The record of an image of that kind, with an id and a name of its own; `blob` is where its data lies. */
export function imageOfKind(kind: ImageKind, blob: string, changes: Partial<Image> = {}): Image {
  const id = crypto.randomUUID();
  const metadata = { name: `image ${id}`, disk_format: 'raw', container_format: 'bare' };
  const owner = callerOf({ user: null, project: OWNER, roles: [] });
  const image: Image = {
    ...newImage({ id, metadata, caller: owner, properties: { colour: 'red' }, hasSource: false, now: MADE }),
    status: 'active',
    size: DATA.length,
    members: [member(MEMBER, false, 'pending'), member(SHARER, true, 'accepted')],
    ...IMAGES[kind],
    ...changes,
  };
  const stored = image.status === 'active' || image.status === 'deactivated';
  const entry = newBlob({
    store: 'file',
    purpose: 'data',
    process: null,
    onFailure: 'killed',
    owner: image.owner,
    reserved: image.size ?? 0,
  });
  const kept = { ...entry, key: blob, location: blob, state: 'kept' } as const;
  return { ...image, blobs: stored ? [kept] : [] };
}
