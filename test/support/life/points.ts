import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { keptBlobs } from '../../../lib/domain/blob-entries.js';
import { copy } from './life-images.js';
import type { DeathPoint } from './mortality.js';
import { MortalProcesses } from './mortal-processes.js';
import { SCENARIOS, type Scenario, type State, type Step } from './scenarios.js';
import { recover } from './soundness.js';
import { few } from '../few.js';
import { LifeStorage, type Medium } from './life-storage.js';
import { begun, SourceHost } from '../servers/source-host.js';

interface Outcome {
  readonly name: string;
  readonly wanted: readonly State[];
  readonly end: NodeJS.Signals | null;
  readonly found: State;
  readonly fault: unknown;
}

/** Defines tests that kill a process before and after every step of what happens to images. */
export function itSurvivesEveryStep(medium: () => Medium): void {
  const processes = new MortalProcesses();
  const source = new SourceHost().hooks();

  after(() => processes.killAll());

  async function dieAt(scenario: Scenario, step: Step, moment: DeathPoint['moment']): Promise<Outcome> {
    const [call, nth, name, before, after] = step;
    const id = randomUUID();
    const { options = {}, deed, stores } = scenario;
    const storage = await LifeStorage.make(medium(), stores);
    try {
      const { folder } = storage;
      const settings = { folder, medium: medium(), stores, options, id, source: source.url('/data') };
      await scenario.prepare(await storage.open(options), id, async (dying) => {
        await (
          await processes.start({ ...settings, ...dying })
        ).ended;
      });
      const what = { deed, import: scenario.import, die: { call, nth, moment } };
      const { signal: end } = await (await processes.start({ ...settings, ...what })).ended;
      const fault = await recover(storage, { delayed: options.scrubTime === 3600 }).then(
        () => null,
        (error: unknown) => error,
      );
      const wanted = [moment === 'before' ? before : after].flat();
      const found = await stateOf(storage, id, deed === 'share');
      return { name: `${moment} ${name}`, wanted, end, fault, found };
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
        assert.ok(wanted.includes(found), `${name} it is ${found}, not ${wanted.join(' or ')}`);
      }
    });

  it('a copy whose data is on its way', async () => {
    const storage = await LifeStorage.make(medium());
    try {
      const held = source.hold('/held', Buffer.alloc(4_000_000, 'data'));
      const id = randomUUID();
      const { folder } = storage;
      const child = await processes.start({ folder, medium: medium(), deed: 'copy', id, source: held.url });
      await begun(held);
      assert.equal((await child.kill()).signal, 'SIGKILL');
      assert.equal(await stateOf(storage, id), 'saving');
      await recover(storage);
      assert.equal(await stateOf(storage, id), 'killed');
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

/** What has become of an image, in the words of the scenarios. @param ofMembers whether that is what is asked for */
async function stateOf(storage: LifeStorage, id: string, ofMembers = false): Promise<State> {
  const image = await storage.image(id);
  if (image === undefined) return 'none';
  if (ofMembers) return image.members.length > 0 ? 'shared' : 'alone';
  if (image.status !== 'active' || storage.archive === undefined) return image.status as State;
  const stores = keptBlobs(image).map(({ store }) => store);
  return `in ${stores.sort().join(' and ')}` as State;
}
