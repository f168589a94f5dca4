import { hasData, isBeingWritten, keptBlobs, stagedBlob } from '../domain/blob-entries.js';
import type { Caller } from '../domain/identity.js';
import { requireFormats } from '../domain/image-rules.js';
import type { BlobEntry, Image } from '../domain/image.js';
import { runningTask } from '../domain/image-tasks.js';
import type { ImportRequest } from '../domain/import-task.js';
import { isRegistryError, RegistryError } from '../errors.js';
import { requireLive } from './image-checks.js';
import type { Judge } from './judge.js';
import type { Parts } from './parts.js';

/** What an import will do. */
export interface ImportPlan {
  readonly image: Image;
  /** Names of the stores that it goes to. */
  readonly backend: readonly string[];
  /** Those of them that bytes have to be written to. */
  readonly writes: readonly string[];
  /** The staged bytes. */
  readonly staged: (BlobEntry & { readonly location: string }) | undefined;
}

/** The status that an image must have. */
const FROM = {
  'glance-direct': 'uploading',
  'web-download': 'queued',
  'copy-image': 'active',
} as const;

/**
 * Judges an import, in the order of the API.
 * @throws RegistryError `not_found`, `forbidden`, `conflict`, `bad_request`
 */
export function planImport(
  { stores, sources }: Pick<Parts, 'stores' | 'sources'>,
  judge: Judge,
  caller: Caller,
  current: Image | undefined,
  request: ImportRequest,
): ImportPlan {
  const { method, uri } = request;
  const image = judge.visible(caller, current);
  requireLive(image);
  if (image.status !== FROM[method])
    throw new RegistryError(
      'conflict',
      `${method} is for an image that is ${FROM[method]}, this one is ${image.status}.`,
    );
  requireFormatsHere(image);
  if (method === 'web-download' && (typeof uri !== 'string' || uri === ''))
    throw new RegistryError('bad_request', 'web-download needs an address in uri.');
  if (method === 'copy-image') judge.access.require('copy_image', caller, image);
  else judge.owned(caller, image, ['modify_image']);
  const staged = method === 'glance-direct' ? stagedBlob(image) : undefined;
  if (runningTask(image) !== undefined || isBeingWritten(image))
    throw new RegistryError('conflict', 'Another import of this image is going on.');
  if (method === 'glance-direct' && staged === undefined)
    throw new RegistryError('conflict', 'The bytes of this image are still being staged.');
  if (method === 'copy-image' && !hasData(image))
    throw new RegistryError('conflict', 'This image has no data to copy.');
  const backend = backendOf(stores, image, request);
  if (method === 'web-download') sources.admit(uri ?? '');
  return { image, backend, writes: backend.filter((name) => name !== staged?.store), staged };
}

/** As `requireFormats`, in the way of an import: an image that lacks them is not ready for it. */
function requireFormatsHere(image: Image): void {
  try {
    requireFormats(image);
  } catch (error) {
    if (isRegistryError(error)) throw new RegistryError('conflict', error.message, { cause: error });
    throw error;
  }
}

/** The stores that an import goes to. */
function backendOf(
  stores: Parts['stores'],
  image: Image,
  { method, stores: named, store, allStores }: ImportRequest,
): readonly string[] {
  if (allStores === true && (named !== undefined || store !== undefined))
    throw new RegistryError('bad_request', 'Give either all_stores or a list of stores, not both.');
  if (named !== undefined && store !== undefined)
    throw new RegistryError('bad_request', 'Name stores either in the body or in the header, not in both.');
  const wanted = allStores === true ? stores.writable : (someOf(named) ?? [store ?? image.store]);
  const backend = [...new Set(wanted.map((name) => known(stores, name)))];
  if (method !== 'copy-image') return backend;
  const has = new Set(keptBlobs(image).map((blob) => blob.store));
  const there = backend.find((name) => has.has(name));
  if (there !== undefined && allStores !== true)
    throw new RegistryError('bad_request', `The image is already in the store ${there}.`);
  return backend.filter((name) => !has.has(name));
}

/** As the reference: no store that is named is none at all. */
function someOf(names: readonly string[] | undefined): readonly string[] | undefined {
  return names === undefined || names.length === 0 ? undefined : names;
}

function known(stores: Parts['stores'], name: string | null): string {
  const found = name === null ? stores.resolve(null).name : stores.canonical(name);
  if (found === null) throw new RegistryError('conflict', 'There is no such store.');
  if (stores.isReadOnly(found)) throw new RegistryError('conflict', `The store ${found} takes no data.`);
  return found;
}
