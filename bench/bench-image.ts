import type { BlobEntry, Image } from '../lib/domain/image.js';

/** One image in ten of a filled catalogue is queued, all others are active. */
export const QUEUED_SHARE = 10;

/** The id of image number `n`: in no order, as those of real images, so that indexes grow as theirs do. */
export function benchId(n: number): string {
  const hash = BigInt.asUintN(48, BigInt(n) * 0x9e3779b97f4bn);
  const digits = hash.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The name of image number `n`, in an order of their own. */
export function benchName(n: number): string {
  return `image ${(n * 7919) % 1_000_003}`;
}

/** When image number `n` was made. */
export function benchTime(n: number): string {
  return `${new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString().slice(0, 19)}.000000`;
}

/** Bytes of image number `n`, if it is active. */
export function benchSize(n: number): number {
  return n * 1000;
}

/** What a record says of data that is there, as after an upload to the disk store. */
function benchBlob(n: number, owner: string): BlobEntry {
  const id = benchId(n + 2 ** 40);
  return {
    id,
    store: 'file',
    key: id,
    location: `${id.slice(0, 2)}/${id}`,
    state: 'kept',
    purpose: 'data',
    process: null,
    onFailure: 'queued',
    owner,
    reserved: benchSize(n),
    before: null,
    due: null,
    tries: 0,
  };
}

/**
 * Image number `n` of a filled catalogue: half of them are public and somebody else's, half the caller's own of the other three visibilities, a quarter of these
 * hidden and a quarter tagged. */
export function benchImage(n: number): Image {
  const time = benchTime(n);
  const queued = n % QUEUED_SHARE === 0;
  const own = n % 2 === 1;
  return {
    id: benchId(n),
    name: benchName(n),
    status: queued ? 'queued' : 'active',
    visibility: own ? (n % 8 === 3 ? 'private' : n % 8 === 7 ? 'community' : 'shared') : 'public',
    hidden: n % 8 === 1,
    owner: own ? 'admin' : 'others',
    protected: false,
    disk_format: n % 4 < 2 ? 'qcow2' : 'raw',
    container_format: 'bare',
    size: queued ? null : benchSize(n),
    virtual_size: null,
    checksum: queued ? null : n.toString(16).padStart(32, '0'),
    os_hash_algo: queued ? null : 'sha512',
    os_hash_value: queued ? null : n.toString(16).padStart(128, '0'),
    min_ram: 0,
    min_disk: 0,
    tags: n % 8 === 5 ? ['golden'] : [],
    properties: { architecture: 'x86_64', os_distro: n % 3 === 0 ? 'debian' : 'ubuntu' },
    members: [],
    blobs: queued ? [] : [benchBlob(n, own ? 'admin' : 'others')],
    locations: [],
    store: null,
    message: null,
    created_at: time,
    updated_at: queued ? time : time.replace(/0+$/, '100000'),
    deleted_at: null,
  };
}
