import fc from 'fast-check';
import {
  MEMBER_STATUSES,
  STATUSES,
  VISIBILITIES,
  type Image,
  type Member,
  type BlobEntry,
} from '../../../lib/domain/image.js';
import type { ImageQuery } from '../../../lib/domain/query.js';

/** A uuid made of a number. */
export function sampleId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** A time made of a number of microseconds. */
export function sampleTime(n: number): string {
  return `${new Date(Date.UTC(2024, 0, 1) + Math.floor(n / 1000)).toISOString().slice(0, -1)}${String(n % 1000).padStart(3, '0')}`;
}

/** An active public image of the project `owner`, number `n`, with `changes` to that. */
export function sampleImage(n: number, changes: Partial<Image> = {}): Image {
  return {
    id: sampleId(n),
    name: `image ${n}`,
    status: 'active',
    visibility: 'public',
    hidden: false,
    owner: 'owner',
    protected: false,
    disk_format: 'raw',
    container_format: 'bare',
    size: n,
    virtual_size: null,
    checksum: null,
    os_hash_algo: null,
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
    created_at: sampleTime(n),
    updated_at: sampleTime(n),
    deleted_at: null,
    ...changes,
  };
}

/** The entry of a blob that is kept, number `n`, with `changes` to that. */
export function sampleBlob(n: number, changes: Partial<BlobEntry> = {}): BlobEntry {
  return {
    id: sampleId(n),
    store: 'disk',
    key: sampleId(n),
    location: sampleId(n),
    state: 'kept',
    purpose: 'data',
    process: null,
    onFailure: 'killed',
    owner: 'owner',
    reserved: n,
    due: null,
    tries: 0,
    ...changes,
  };
}

/** The entry of a blob that is to be removed at that time. */
export function doomedBlob(n: number, due: string): BlobEntry {
  return sampleBlob(n, { state: 'doomed', due });
}

/** All active public images, in the default order. */
export function sampleQuery(changes: Partial<ImageQuery> = {}): ImageQuery {
  return {
    scopes: [{ kind: 'visibility', visibility: 'public' }],
    statuses: ['active'],
    hidden: 'excluded',
    filters: [],
    sort: [{ key: 'created_at', dir: 'desc' }],
    from: null,
    limit: 25,
    ...changes,
  };
}

export const TAGS = ['x', 'y', '', 'ü'] as const;
export const PROPERTIES = {
  os_distro: ['debian', 'ubuntu', ''],
  os_version: ['12'],
  kernel: ['a', 'b'],
} as const;

export const PROJECTS = ['one', 'two', 'a third, with a long name'] as const;
export const NAMES = [
  null,
  '',
  'a',
  'a\0',
  'ab',
  'a\u{10348}',
  '\uffee',
  '\u{1f4bf}',
  '\0\0',
  '\xff',
  'Z',
  'ü',
  '\ud800',
];

const member: fc.Arbitrary<Member> = fc.record({
  id: fc.constantFrom(...PROJECTS),
  can_share: fc.boolean(),
  status: fc.constantFrom(...MEMBER_STATUSES),
  created_at: fc.constant(sampleTime(0)),
  updated_at: fc.constant(sampleTime(0)),
});
const blob: fc.Arbitrary<BlobEntry> = fc.constantFrom(
  sampleBlob(1),
  doomedBlob(2, sampleTime(1)),
  doomedBlob(3, sampleTime(2)),
  sampleBlob(4, { state: 'writing', location: null, process: sampleId(7) }),
);

/** What may vary of an image: many equal values, so that the order's ties are met. */
export const imageChanges: fc.Arbitrary<Partial<Image>> = fc.record({
  name: fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 4 })),
  status: fc.oneof({ arbitrary: fc.constant('active' as const), weight: 3 }, fc.constantFrom(...STATUSES)),
  visibility: fc.constantFrom(...VISIBILITIES),
  hidden: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, fc.boolean()),
  owner: fc.constantFrom(null, ...PROJECTS),
  disk_format: fc.constantFrom(null, 'raw', 'qcow2'),
  container_format: fc.constantFrom(null, 'bare', 'ovf'),
  size: fc.constantFrom(null, 0, 1, 255, 256, 2 ** 32, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER),
  tags: fc.subarray([...TAGS]),
  properties: fc.record(
    {
      os_distro: fc.constantFrom(null, ...PROPERTIES.os_distro),
      os_version: fc.constantFrom(...PROPERTIES.os_version),
      kernel: fc.constantFrom(...PROPERTIES.kernel),
    },
    { requiredKeys: [] },
  ),
  members: fc.uniqueArray(member, { selector: ({ id }) => id, maxLength: 3 }),
  blobs: fc.array(blob, { maxLength: 2 }),
  created_at: fc.nat(5).map((n) => sampleTime(n * 999_999)),
  updated_at: fc.constantFrom(
    '0001-01-01T00:00:00.000000',
    '9999-12-31T23:59:59.999999',
    sampleTime(1),
    sampleTime(2),
  ),
});

/** Up to 40 images with different ids. */
export const images: fc.Arbitrary<Image[]> = fc
  .uniqueArray(fc.tuple(fc.uuid(), imageChanges), { selector: ([id]) => id, minLength: 1, maxLength: 40 })
  .map((all) => all.map(([id, changes], n) => sampleImage(n, { ...changes, id })));
