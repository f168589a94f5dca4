import type { BlobEntry, Image } from '../domain/image.js';
import type { JsonMember } from '../domain/query.js';
import { frozen } from './frozen.js';
import type { RecordValue } from './key-space.js';

/*
 * How a record holds an image: without its id, which is in the key, and without what is as it mostly is, or as something else in the record says it. Records of
 * half the size take less time to read, to write and to look through, and twice as many are on a page of LMDB. What is there counts, null too: so the record of
 * an image as a whole, with nothing left out, is read like any other.
 */

/** What an image is as far as its record says nothing else, in the order in which images have their members. */
const USUAL: Image = {
  id: '',
  name: null,
  status: 'active',
  visibility: 'shared',
  hidden: false,
  owner: null,
  protected: false,
  disk_format: null,
  container_format: 'bare',
  size: null,
  virtual_size: null,
  checksum: null,
  os_hash_algo: 'sha512',
  os_hash_value: null,
  min_ram: 0,
  min_disk: 0,
  tags: frozen([]),
  properties: frozen({}),
  members: frozen([]),
  blobs: frozen([]),
  locations: frozen([]),
  store: null,
  message: null,
  created_at: '',
  updated_at: '',
  deleted_at: null,
};

/** Whether an image may have such a member without its record saying so. */
export function isUsual({ name, value }: JsonMember): boolean {
  const members: Readonly<Record<string, unknown>> = { ...USUAL };
  const usual = Object.hasOwn(members, name) ? members[name] : undefined;
  return typeof value === 'function' ? typeof usual === 'number' && value(usual) : usual === value;
}

/** What the record of an image holds. */
export function storedImage(image: Image): RecordValue {
  const stored = without(image, { ...USUAL, id: image.id, updated_at: image.created_at });
  if (image.blobs.length > 0) stored.blobs = image.blobs.map((blob) => storedBlob(image, blob));
  return stored;
}

/** The image of this id that a record holds, as a whole or with what is usual left out. */
export function wholeImage(id: string, value: RecordValue): Image & RecordValue {
  // The catalogue alone writes these records, and it writes images.
  const stored = value as unknown as Partial<Image> & Pick<Image, 'created_at'>;
  const image: { -readonly [Name in keyof Image]: Image[Name] } = {
    ...USUAL,
    id,
    updated_at: stored.created_at,
  };
  Object.assign(image, stored);
  if (stored.blobs !== undefined) image.blobs = stored.blobs.map((blob) => wholeBlob(image, blob));
  return image;
}

/** An entry as it is stored. */
type StoredBlob = Pick<BlobEntry, 'id' | 'store'> &
  Partial<BlobEntry> & {
    /** What its location has before its key: a folder, mostly. */
    readonly under?: string;
  };

function storedBlob(image: Image, blob: BlobEntry): RecordValue {
  const { id, key, location } = blob;
  const under = location?.endsWith(key) === true ? location.slice(0, location.length - key.length) : '';
  // No `before` says the same as null.
  const usual = { ...usualBlob(image), id: '', key: id, location: under + key, before: null };
  const stored = without(blob, usual);
  if (under !== '') stored.under = under;
  return stored;
}

function wholeBlob(image: Image, stored: StoredBlob): BlobEntry {
  const { id, store, key = id, under = '', location = under + key } = stored;
  const { state, purpose, process, onFailure, owner, reserved, due, tries } = usualBlob(image);
  const blob: BlobEntry = {
    id,
    store,
    key,
    location,
    state: stored.state ?? state,
    purpose: stored.purpose ?? purpose,
    process: stored.process ?? process,
    onFailure: stored.onFailure ?? onFailure,
    owner: stored.owner === undefined ? owner : stored.owner,
    reserved: stored.reserved ?? reserved,
    due: stored.due ?? due,
    tries: stored.tries ?? tries,
  };
  const more: Record<string, unknown> = {};
  let isMore = false;
  for (const name in stored)
    if (name !== 'under' && !(name in blob)) {
      more[name] = stored[name as keyof StoredBlob];
      isMore = true;
    }
  return isMore ? { ...blob, ...more } : blob;
}

/** What an entry is as far as it says nothing else: that of the image's data. */
function usualBlob({ size, owner }: Image): Omit<BlobEntry, 'id' | 'store' | 'key' | 'location'> {
  return {
    state: 'kept',
    purpose: 'data',
    process: null,
    onFailure: 'queued',
    owner,
    reserved: size ?? 0,
    due: null,
    tries: 0,
  };
}

/** Without the members that are as usual. */
function without(whole: object, usual: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members = whole as Readonly<Record<string, unknown>>;
  const stored: Record<string, unknown> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== usual[name] && !(isEmpty(value) && isEmpty(usual[name]))) stored[name] = value;
  }
  return stored;
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const _name in value) return false;
  return true;
}
