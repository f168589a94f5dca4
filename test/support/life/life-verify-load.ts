import assert from 'node:assert/strict';
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
      let images = 0;
      let rounds = 0;
      await load.during(steps, 6, async () => {
        const report = await registry.verify();
        const { damaged, orphans, rows } = report;
        rounds += 1;
        assert.deepEqual([damaged.first, orphans.first, rows.first], [[], [], []], `round ${rounds}`);
        images = Math.max(images, report.images);
        await registry.sweep();
      });
      assert.ok(images > 0, `${rounds} rounds, ${images} images: this has tested nothing`);
      assert.ok((await registry.verify()).ok);
    });
}
