import assert from 'node:assert/strict';
import { store } from './life-images.js';
import { LifeLoad } from './life-load.js';
import { LifeStorage, type Medium } from './life-storage.js';

/** Defines tests that `verify` takes nothing that goes on for a fault. */
export function itTakesNothingForAFault(medium: () => Medium, steps: number): void {
  let storage: LifeStorage;

  beforeEach(async () => {
    storage = await LifeStorage.make(medium());
  });

  afterEach(() => storage.end());

  for (const [how, options] of [
    ['are deleted at once', {}],
    ['are deleted with delay and forgotten', { delayedDelete: true, keepDeletedDays: 1e-9 }],
  ] as const)
    it(`while images come, change and ${how}`, async () => {
      const registry = await storage.open(options);
      const load = new LifeLoad(registry);
      let rounds = 0;
      // There is something to look at from the first round on.
      await store(registry);
      await load.during(steps, 6, async () => {
        const { images, damaged, orphans, rows } = await registry.verify();
        rounds += 1;
        assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []], `round ${rounds}`);
        assert.ok(images > 0, `round ${rounds} has tested nothing`);
        await registry.sweep();
      });
      assert.ok((await registry.verify()).ok);
    });
}
