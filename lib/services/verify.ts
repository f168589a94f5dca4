import type { Stray } from '../blobs/blob-store.js';
import type { BlobStores } from '../blobs/stores.js';
import { blobOf, keptBlobs, stagedBlob } from '../domain/blob-entries.js';
import { VISIBILITIES, STATUSES, type Image } from '../domain/image.js';
import { isRegistryError } from '../errors.js';
import type { Parts } from './parts.js';
import { digestFault } from './rehash.js';

/** Images that one read takes. */
const BATCH = 500;
/** Most findings of each kind that a report names; all are counted. */
const NAMED = 1000;
/** How often the images are gone through before a blob counts as an orphan. */
const LOOKS = 3;

/** How catalogue and stores are compared. */
export interface VerifyOptions {
  /** Whether the data of all images is read and its digests compared, which takes as long as that does. Default false: sizes alone are. */
  readonly rehash?: boolean;
  readonly signal?: AbortSignal;
}

/** What a comparison of catalogue and stores has found. */
export interface VerifyReport {
  /** Images with data that were looked at. */
  readonly images: number;
  /** Blobs that were looked at, in the stores that can list theirs. */
  readonly blobs: number;
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** Images whose data is missing, or has not their size, or not their digests when those were compared. */
  readonly damaged: Findings<{ readonly image: string; readonly reason: string }>;
  /** Blobs that no image owns and that no upload is about to give to one. */
  readonly orphans: Findings<{ readonly store: string; readonly key: string }>;
  /** What lies among the blobs of a store and is none: files of other names, folders, links. */
  readonly strays: Findings<{ readonly store: string; readonly name: string; readonly kind: Stray['kind'] }>;
  /** Index rows without their record, and records without all of their rows. */
  readonly rows: Findings<{ readonly record: string; readonly reason: string }>;
}

/** So many were found; the first of them by name. */
export interface Findings<T> {
  readonly count: number;
  readonly first: readonly T[];
}

/**
 * Compares the catalogue with its index and with the blob stores. It reads everything, changes nothing, and may run while the registry works:
 * what is on its way is not taken for a fault. Memory grows with the number of blobs.
 *
 * @throws RegistryError `unavailable`; the signal's reason
 */
export async function verify(parts: Parts, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { signal, rehash = false } = options;
  const { catalogue, stores } = parts;
  const damaged = new Found<{ image: string; reason: string }>();
  const orphans = new Found<{ store: string; key: string }>();
  const rows = new Found<{ record: string; reason: string }>();
  const strays = await findStrays(parts, signal);
  // Blobs first: whatever is stored later is no candidate, and whatever was given to an image meanwhile is found at that image.
  const candidates = await listBlobs(parts, signal);
  const blobs = candidates.size;
  let images = 0;
  for await (const image of catalogue.walk(EVERY_IMAGE, signal)) {
    forgetOwned(stores, candidates, image);
    const reason = await damageOf(parts, image, { strays, rehash, signal });
    if (keptBlobs(image).length > 0) images += 1;
    if (reason !== null) damaged.add({ image: image.id, reason });
  }
  // An image that changed its place in the index meanwhile may have been missed.
  for (let looks = 1; looks < LOOKS && (await forgetRemoved(parts, candidates)); looks += 1)
    for await (const image of catalogue.walk(EVERY_IMAGE, signal)) forgetOwned(stores, candidates, image);
  await forgetRemoved(parts, candidates);
  for (const { store, key } of candidates.values()) orphans.add({ store, key });
  for await (const finding of catalogue.checkRows(BATCH)) {
    signal?.throwIfAborted();
    rows.add(finding);
  }
  return {
    images,
    blobs,
    ok: damaged.count + orphans.count + strays.all.count + rows.count === 0,
    damaged: damaged.report,
    orphans: orphans.report,
    strays: strays.all.report,
    rows: rows.report,
  };
}

class Found<T> {
  readonly #first: T[] = [];
  count = 0;

  add(finding: T): void {
    this.count += 1;
    if (this.#first.length < NAMED) this.#first.push(finding);
  }

  get report(): Findings<T> {
    return { count: this.count, first: this.#first };
  }
}

interface Candidate {
  readonly store: string;
  readonly key: string;
  readonly location: string;
}

type Candidates = Map<string, Candidate>;

/** Hidden and deleted ones too, in an order that no change touches. */
const EVERY_IMAGE = {
  scopes: VISIBILITIES.map((visibility) => ({ kind: 'visibility', visibility }) as const),
  statuses: STATUSES,
  sortKey: 'id',
} as const;

const nameOf = (store: string, key: string): string => `${store} ${key}`;

/** The name under which the blobs of a store are candidates, as a store may have several; null when it is not configured. */
function listedAs(stores: BlobStores, name: string): string | null {
  if (!stores.holdsBlobs(name)) return null;
  const store = stores.at({ store: name });
  return stores.names.find((one) => stores.at({ store: one }) === store) ?? null;
}

async function listBlobs({ stores }: Parts, signal: AbortSignal | undefined): Promise<Candidates> {
  const found: Candidates = new Map();
  for (const store of stores.names) {
    if (listedAs(stores, store) !== store) continue;
    for await (const { key, location } of stores.at({ store }).list?.() ?? []) {
      signal?.throwIfAborted();
      found.set(nameOf(store, key), { store, key, location });
    }
  }
  return found;
}

function forgetOwned(stores: BlobStores, candidates: Candidates, image: Image): void {
  for (const { store, key } of image.blobs) candidates.delete(nameOf(listedAs(stores, store) ?? '', key));
}

/** Takes out what is not there any more. @returns whether something is left */
async function forgetRemoved(parts: Parts, candidates: Candidates): Promise<boolean> {
  for (const [name, { store, location }] of candidates)
    if (!(await isThere(parts, store, location))) candidates.delete(name);
  return candidates.size > 0;
}

type FoundStray = VerifyReport['strays']['first'][number];

interface Strays {
  readonly all: Found<FoundStray>;
  /** What stands in the place of a blob, by store and location. */
  readonly inPlace: ReadonlyMap<string, Stray['kind']>;
}

async function findStrays({ stores }: Parts, signal: AbortSignal | undefined): Promise<Strays> {
  const all = new Found<FoundStray>();
  const inPlace = new Map<string, Stray['kind']>();
  for (const store of stores.names) {
    if (listedAs(stores, store) !== store) continue;
    for await (const { name, kind } of stores.at({ store }).strays?.() ?? []) {
      signal?.throwIfAborted();
      all.add({ store, name, kind });
      if (kind !== 'file') inPlace.set(nameOf(store, name), kind);
    }
  }
  return { all, inPlace };
}

interface Look {
  readonly strays: Strays;
  readonly rehash: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What is wrong with the data of an image; null when nothing is. Data elsewhere is not looked at. */
async function damageOf({ stores, catalogue }: Parts, image: Image, look: Look): Promise<string | null> {
  const staged = stagedBlob(image);
  const blobs = [...keptBlobs(image), ...(staged === undefined ? [] : [staged])];
  for (const blob of blobs) {
    if (!stores.holdsBlobs(blob.store)) return `its store ${blob.store} is not configured`;
    const where = blobs.length === 1 ? '' : ` in the store ${blob.store}`;
    const reason = await faultOf(stores, image, blob, { ...look, where });
    if (reason === null) continue;
    // It may have been deleted since it was read.
    const now = (await catalogue.get(image.id))?.image;
    if (now !== undefined && blobOf(now, blob.id)?.state === 'kept') return reason;
  }
  return null;
}

async function faultOf(
  stores: BlobStores,
  image: Image,
  { store, location }: { readonly store: string; readonly location: string },
  { strays, rehash, signal, where }: Look & { readonly where: string },
): Promise<string | null> {
  const stray = strays.inPlace.get(nameOf(listedAs(stores, store) ?? '', location));
  if (stray !== undefined) return `a ${stray} stands in the place of its data${where}`;
  try {
    const { size } = await stores.at({ store }).stat(location);
    if (size !== image.size) return `its data${where} has ${size} bytes, not ${image.size ?? 0}`;
    return rehash ? await digestFault(stores.at({ store }), location, image, signal) : null;
  } catch (error) {
    if (isRegistryError(error, 'blob_not_found')) return `its data${where} is missing`;
    throw error;
  }
}

async function isThere({ stores }: Parts, store: string, location: string): Promise<boolean> {
  try {
    await stores.at({ store }).stat(location);
    return true;
  } catch (error) {
    if (isRegistryError(error, 'blob_not_found')) return false;
    throw error;
  }
}
