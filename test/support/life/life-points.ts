import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { CatalogueSpace } from '../../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../../lib/catalogue/image-catalogue.js';
import type { ImageRegistry, ImageRegistryOptions } from '../../../lib/index.js';
import type { Deed } from './life-child.js';
import { copy, OWNER, store } from './life-images.js';
import type { DeathPoint } from './life-mortal.js';
import { few, LifeProcesses } from './life-processes.js';
import { recover } from './life-soundness.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { begun, SourceHost } from '../servers/source-host.js';

type State =
  'none' | 'queued' | 'uploading' | 'killed' | 'active' | 'deleted' | 'pending_delete' | 'shared' | 'alone';
type Step = readonly [call: DeathPoint['call'], nth: number, what: string, before: State, after: State];

interface Scenario {
  readonly title: string;
  readonly deed: Deed;
  readonly options: Partial<ImageRegistryOptions>;
  /** What is there before. */
  readonly prepare: (registry: ImageRegistry, id: string, held: string) => Promise<unknown>;
  /** Every step, and what the image is in the end when the process dies before and after it. */
  readonly steps: readonly Step[];
}

const nothing = (): Promise<void> => Promise.resolve();
const stored = (registry: ImageRegistry, id: string): Promise<unknown> => store(registry, 'data', { id });
const reserved = ({ images }: ImageRegistry, id: string): Promise<unknown> =>
  images.create(OWNER, { id, disk_format: 'raw', container_format: 'bare' });
const staged = async (registry: ImageRegistry, id: string): Promise<void> => {
  await reserved(registry, id);
  await registry.images.stage(OWNER, id, { data: Buffer.from('data') });
};
const storedAndDeleted = async (registry: ImageRegistry, id: string): Promise<void> => {
  await store(registry, 'data', { id });
  await registry.images.remove(OWNER, id);
};
const DELAYED = { delayedDelete: true, scrubTime: 0 };

const SCENARIOS: readonly Scenario[] = [
  {
    title: 'a copy',
    deed: 'copy',
    options: {},
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
    options: {},
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
    options: {},
    prepare: staged,
    steps: [['commit', 1, 'the record', 'uploading', 'active']],
  },
  {
    title: 'an import from elsewhere',
    deed: 'fetch',
    options: {},
    prepare: reserved,
    steps: [
      ['commit', 2, 'the claim', 'queued', 'queued'],
      ['commit', 3, 'the begin', 'queued', 'queued'],
      ['write', 1, 'the blob', 'queued', 'queued'],
      ['commit', 4, 'the activation', 'queued', 'active'],
    ],
  },
  {
    title: 'a deletion',
    deed: 'delete',
    options: {},
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
    options: {},
    prepare: stored,
    steps: [['commit', 1, 'the record', 'alone', 'shared']],
  },
];

interface Outcome {
  readonly name: string;
  readonly wanted: State;
  readonly end: string;
  readonly found: State;
  readonly fault: unknown;
}

/** Defines tests that kill a process before and after every step of what happens to images. */
export function itSurvivesEveryStep(medium: () => Medium): void {
  const processes = new LifeProcesses();
  const source = new SourceHost().hooks();

  after(() => processes.killAll());

  async function dieAt(scenario: Scenario, step: Step, moment: DeathPoint['moment']): Promise<Outcome> {
    const [call, nth, what, before, after] = step;
    const id = randomUUID();
    const storage = await LifeStorage.make(medium());
    try {
      const { folder, options, deed } = { ...scenario, folder: storage.folder };
      const registry = await storage.open(options);
      await scenario.prepare(registry, id, source.url());
      const die = { call, nth, moment };
      const settings = { folder, medium: medium(), options, deed, id, source: source.url('/data'), die };
      const end = await (await processes.start(settings)).ended;
      const fault = await recover(storage, { delayed: options.scrubTime === 3600 }).then(
        () => null,
        (error: unknown) => error,
      );
      const wanted = moment === 'before' ? before : after;
      return { name: `${moment} ${what}`, wanted, end, fault, found: await stateOf(storage, id, wanted) };
    } finally {
      await storage.end();
    }
  }

  for (const scenario of SCENARIOS)
    it(`${scenario.title}: ${scenario.steps.length * 2} points`, async () => {
      source.put('/data', Buffer.alloc(100_000, 'data'));
      const points = scenario.steps.flatMap((step) =>
        (['before', 'after'] as const).map((at) => [step, at] as const),
      );
      const outcomes = await few(points, 3, ([step, at]) => dieAt(scenario, step, at));
      for (const { name, end, fault, found, wanted } of outcomes) {
        assert.equal(end, 'SIGKILL', name);
        if (fault !== null) throw new Error(name, { cause: fault });
        assert.equal(found, wanted, name);
      }
    });

  it('a copy whose data is on its way', async () => {
    const storage = await LifeStorage.make(medium());
    try {
      const held = source.hold('/held', Buffer.alloc(4_000_000, 'data'));
      const id = randomUUID();
      const { folder } = storage;
      const settings = { folder, medium: medium(), options: {}, deed: 'copy', id, source: held.url } as const;
      const child = await processes.start(settings);
      await begun(held);
      child.kill();
      assert.equal(await child.ended, 'SIGKILL');
      assert.equal(await stateOf(storage, id, 'none'), 'saving');
      await recover(storage);
      assert.equal(await stateOf(storage, id, 'killed'), 'killed');
      // The owner reads why, and the id is free for nobody.
      const again = copy(
        await storage.open({ sources: { networks: ['127.0.0.1/32'] } }),
        source.url('/data'),
        { id },
      );
      await assert.rejects(again, { code: 'conflict' });
    } finally {
      await storage.end();
    }
  });
}

/** What has become of an image, in the words of the tables. */
async function stateOf(storage: LifeStorage, id: string, wanted: State): Promise<State> {
  const image = (await new ImageCatalogue(new CatalogueSpace(storage.space)).get(id))?.image;
  if (image === undefined) return 'none';
  if (wanted === 'shared' || wanted === 'alone') return image.members.length > 0 ? 'shared' : 'alone';
  return image.status as State;
}
