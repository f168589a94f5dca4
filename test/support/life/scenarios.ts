import type { ImportRequest } from '../../../lib/domain/import-task.js';
import type { ImageRegistry, ImageRegistryOptions } from '../../../lib/index.js';
import type { Deed, DeedSettings } from './mortal-child.js';
import { importAll, OWNER, reserve, store } from './life-images.js';
import type { DeathPoint } from './mortality.js';
import type { LifeStores } from './life-storage.js';

/** A status; with two stores, where the data of an active image lies; of one whose members are looked at, whether it has some. */
export type State =
  | 'none'
  | 'queued'
  | 'uploading'
  | 'killed'
  | 'active'
  | 'deleted'
  | 'pending_delete'
  | 'in archive'
  | 'in file'
  | 'in archive and file'
  | 'shared'
  | 'alone';

/** What the image may be in the end. */
type States = State | readonly State[];
export type Step = readonly [
  call: DeathPoint['call'],
  nth: number,
  what: string,
  before: States,
  after: States,
];

/** @param run does something in another process on the same storage, which may die of it */
type Prepare = (
  registry: ImageRegistry,
  id: string,
  run: (dying: Pick<DeedSettings, 'deed' | 'die'>) => Promise<void>,
) => Promise<unknown>;

export interface Scenario {
  readonly title: string;
  readonly deed: Deed;
  readonly stores?: LifeStores;
  readonly import?: ImportRequest;
  readonly options?: Partial<ImageRegistryOptions>;
  /** What is there before. */
  readonly prepare: Prepare;
  /** Every step, and what the image is in the end when the process dies before and after it. */
  readonly steps: readonly Step[];
}

const nothing = (): Promise<void> => Promise.resolve();
const stored = (registry: ImageRegistry, id: string): Promise<unknown> => store(registry, 'data', { id });
const reserved = (registry: ImageRegistry, id: string): Promise<unknown> => reserve(registry, { id });
const staged = async (registry: ImageRegistry, id: string): Promise<void> => {
  await reserved(registry, id);
  await registry.images.stage(OWNER, id, { data: Buffer.from('data') });
};
const storedAndDeleted = async (registry: ImageRegistry, id: string): Promise<void> => {
  await store(registry, 'data', { id });
  await registry.images.remove(OWNER, id);
};
/** Of which all bytes have come when its process died. */
const dead: Prepare = (_registry, _id, run) =>
  run({ deed: 'store', die: { call: 'write', nth: 1, moment: 'after' } });
const storedTwice = async (registry: ImageRegistry, id: string): Promise<void> => {
  await store(registry, 'data', { id });
  await importAll(registry, id, { method: 'copy-image', stores: ['archive'] });
};
const TWO = { withArchive: true };
const BOTH = ['file', 'archive'];
const DELAYED = { delayedDelete: true, scrubTime: 0 };

/** What happens to images, step by step. */
export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'an upload',
    deed: 'store',
    prepare: nothing,
    steps: [
      ['commit', 1, 'the record of the registry', 'none', 'none'],
      ['commit', 2, 'the record', 'none', 'killed'],
      ['write', 1, 'the blob', 'killed', 'killed'],
      ['commit', 3, 'the activation', 'killed', 'active'],
    ],
  },
  {
    title: 'a sweep over a dead upload',
    deed: 'sweep',
    prepare: dead,
    steps: [
      ['commit', 1, 'the killing', 'killed', 'killed'],
      ['discard', 1, 'the removal of the data', 'killed', 'killed'],
      ['commit', 2, 'the end of the blob', 'killed', 'killed'],
      ['commit', 3, 'the end of the record of the registry', 'killed', 'killed'],
    ],
  },
  {
    title: 'a copy',
    deed: 'copy',
    prepare: nothing,
    steps: [
      ['commit', 1, 'the record of the registry', 'none', 'none'],
      ['commit', 2, 'the record', 'none', 'queued'],
      ['commit', 3, 'the begin', 'queued', 'killed'],
      ['write', 1, 'the blob', 'killed', 'killed'],
      ['commit', 4, 'the activation', 'killed', 'active'],
      ['commit', 5, 'the end of the record of the registry', 'active', 'active'],
    ],
  },
  {
    title: 'staging',
    deed: 'stage',
    prepare: reserved,
    steps: [
      ['commit', 2, 'the claim', 'queued', 'queued'],
      ['write', 1, 'the blob', 'queued', 'queued'],
      ['commit', 3, 'the end', 'queued', 'uploading'],
    ],
  },
  {
    title: 'an import of staged bytes that stay where they are',
    deed: 'import',
    import: { method: 'glance-direct' },
    prepare: staged,
    steps: [['commit', 1, 'the record', 'uploading', 'active']],
  },
  {
    title: 'an import from elsewhere',
    deed: 'import',
    prepare: reserved,
    steps: [
      ['commit', 2, 'the claim', 'queued', 'queued'],
      ['commit', 3, 'the begin', 'queued', 'queued'],
      ['write', 1, 'the blob', 'queued', 'queued'],
      ['commit', 4, 'the activation', 'queued', 'active'],
    ],
  },
  {
    title: 'an import from elsewhere into two stores, all or none',
    deed: 'import',
    stores: TWO,
    import: { method: 'web-download', stores: BOTH },
    prepare: reserved,
    steps: [
      ['write', 2, 'the second blob', 'queued', 'queued'],
      ['commit', 4, 'the first blob in the record', 'queued', 'queued'],
      ['commit', 5, 'the second blob in the record', 'queued', ['queued', 'in archive and file']],
    ],
  },
  {
    title: 'an import from elsewhere into any of two stores',
    deed: 'import',
    stores: TWO,
    import: { method: 'web-download', stores: BOTH, allStoresMustSucceed: false },
    prepare: reserved,
    steps: [
      ['commit', 3, 'the begin', 'queued', 'queued'],
      ['commit', 4, 'the first blob in the record', 'queued', ['in archive', 'in file']],
    ],
  },
  {
    title: 'an import of staged bytes into two stores, all or none',
    deed: 'import',
    stores: TWO,
    import: { method: 'glance-direct', stores: BOTH },
    prepare: staged,
    steps: [
      ['commit', 2, 'the claim', 'uploading', 'queued'],
      ['commit', 4, 'the activation', 'queued', 'in archive and file'],
    ],
  },
  {
    title: 'an import of staged bytes into any of two stores',
    deed: 'import',
    stores: TWO,
    import: { method: 'glance-direct', stores: BOTH, allStoresMustSucceed: false },
    prepare: staged,
    steps: [
      ['commit', 2, 'the claim', 'uploading', 'in file'],
      ['commit', 4, 'the second blob in the record', 'in file', 'in archive and file'],
    ],
  },
  {
    title: 'a copy into another store',
    deed: 'import',
    stores: TWO,
    import: { method: 'copy-image', stores: ['archive'] },
    prepare: stored,
    steps: [
      ['commit', 2, 'the claim', 'in file', 'in file'],
      ['write', 1, 'the blob', 'in file', 'in file'],
      ['commit', 4, 'the blob in the record', 'in file', 'in archive and file'],
    ],
  },
  {
    title: 'the removal of one of two copies',
    deed: 'remove a copy',
    stores: TWO,
    prepare: storedTwice,
    steps: [
      ['commit', 1, 'the record', 'in archive and file', 'in file'],
      ['remove', 1, 'the removal of the blob', 'in file', 'in file'],
      ['commit', 2, 'the note of that', 'in file', 'in file'],
    ],
  },
  {
    title: 'a deletion',
    deed: 'delete',
    prepare: stored,
    steps: [
      ['commit', 1, 'the record', 'active', 'deleted'],
      ['remove', 1, 'the removal of the blob', 'deleted', 'deleted'],
      ['commit', 2, 'the note of that', 'deleted', 'deleted'],
    ],
  },
  {
    title: 'a delayed deletion',
    deed: 'delete',
    options: { delayedDelete: true, scrubTime: 3600 },
    prepare: stored,
    steps: [['commit', 1, 'the record', 'active', 'pending_delete']],
  },
  {
    title: 'the scrubbing of a deleted image',
    deed: 'sweep',
    options: DELAYED,
    prepare: storedAndDeleted,
    steps: [
      ['remove', 1, 'the removal of the blob', 'deleted', 'deleted'],
      ['commit', 1, 'the note of that', 'deleted', 'deleted'],
    ],
  },
  {
    title: 'the burial of a deleted image',
    deed: 'sweep',
    options: { keepDeletedDays: 1e-9 },
    prepare: storedAndDeleted,
    steps: [['commit', 1, 'the record', 'deleted', 'none']],
  },
  {
    title: 'a change of members',
    deed: 'share',
    prepare: stored,
    steps: [['commit', 1, 'the record', 'alone', 'shared']],
  },
];
