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
const USUAL: Omit<Image, 'id'> = frozen({
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
  tags: [],
  properties: {},
  members: [],
  blobs: [],
  locations: [],
  store: null,
  message: null,
  created_at: '',
  updated_at: '',
  deleted_at: null,
});

/** Whether an image may have such a member without its record saying so. */
export function isUsual({ name, value }: JsonMember): boolean {
  const members: Readonly<Record<string, unknown>> = USUAL;
  const usual = Object.hasOwn(members, name) ? members[name] : undefined;
  return typeof value === 'function' ? typeof usual === 'number' && value(usual) : usual === value;
}

/** What the record of an image holds. */
export function storedImage({ id: _id, blobs, ...image }: Image): RecordValue {
  const stored = without(image, { ...USUAL, updated_at: image.created_at });
  return blobs.length === 0 ? stored : { ...stored, blobs: blobs.map((blob) => storedBlob(image, blob)) };
}

/** The image of this id that a record holds, as a whole or with what is usual left out. */
export function wholeImage(id: string, value: RecordValue): Image & RecordValue {
  // The catalogue alone writes these records, and it writes images.
  const stored = value as unknown as Partial<Image> & Pick<Image, 'created_at'>;
  const { size = null, owner = null, created_at, blobs } = stored;
  return {
    id,
    ...USUAL,
    updated_at: created_at,
    ...stored,
    ...(blobs === undefined ? {} : { blobs: blobs.map((blob) => wholeBlob({ size, owner }, blob)) }),
  };
}

/** An entry as it is stored. */
type StoredBlob = Pick<BlobEntry, 'id' | 'store'> &
  Partial<BlobEntry> & {
    /** What its location has before its key: a folder, mostly. */
    readonly under?: string;
  };

function storedBlob(image: Pick<Image, 'size' | 'owner'>, blob: BlobEntry): RecordValue {
  const { id, key, location } = blob;
  const under = location?.endsWith(key) === true ? location.slice(0, location.length - key.length) : '';
  const usual = { ...usualBlob(image), key: id, location: under + key };
  // No `before` says the same as null.
  return without({ ...blob, under }, { ...usual, before: null, under: '' });
}

function wholeBlob(
  image: Pick<Image, 'size' | 'owner'>,
  { under = '', id, key = id, ...stored }: StoredBlob,
): BlobEntry {
  return { ...usualBlob(image), id, key, location: under + key, ...stored };
}

/** What an entry is as far as it says nothing else: that of the image's data. */
function usualBlob({
  size,
  owner,
}: Pick<Image, 'size' | 'owner'>): Omit<BlobEntry, 'id' | 'store' | 'key' | 'location'> {
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
function without(whole: object, usual: Readonly<Record<string, unknown>>): RecordValue {
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(whole))
    if (value !== usual[name] && !(isEmpty(value) && isEmpty(usual[name]))) stored[name] = value;
  return stored;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
