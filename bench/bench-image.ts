import type { Image } from '../lib/domain/image.js';

/** One image in ten of a filled catalogue is queued, all others are active. */
export const QUEUED_SHARE = 10;

/** The id of image number `n`. */
export function benchId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The name of image number `n`, in an order of their own. */
export function benchName(n: number): string {
  return `image ${(n * 7919) % 1_000_003}`;
}

/** Image number `n` of a filled catalogue: half of them public, half of the caller's own project. */
export function benchImage(n: number): Image {
  const time = `${new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString().slice(0, 19)}.000000`;
  const queued = n % QUEUED_SHARE === 0;
  return {
    id: benchId(n),
    name: benchName(n),
    status: queued ? 'queued' : 'active',
    visibility: n % 2 === 0 ? 'public' : 'shared',
    hidden: false,
    owner: n % 2 === 0 ? 'others' : 'admin',
    protected: false,
    disk_format: 'qcow2',
    container_format: 'bare',
    size: queued ? null : n * 1000,
    virtual_size: null,
    checksum: queued ? null : n.toString(16).padStart(32, '0'),
    os_hash_algo: null,
    os_hash_value: null,
    min_ram: 0,
    min_disk: 0,
    tags: [],
    properties: { architecture: 'x86_64', os_distro: 'debian' },
    members: [],
    blobs: [],
    locations: [],
    store: null,
    message: null,
    created_at: time,
    updated_at: time,
    deleted_at: null,
  };
}
