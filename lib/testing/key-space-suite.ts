import type { KeySpace } from '../catalogue/key-space.js';
import type { TestFramework } from './blob-store/blob-store-subject.js';
import { durability } from './key-space/durability.js';
import { fences } from './key-space/fences.js';
import type { Bench, KeySpaceSubject } from './key-space/key-space-subject.js';
import { outages } from './key-space/outages.js';
import { races } from './key-space/races.js';
import { ranges } from './key-space/ranges.js';
import { records } from './key-space/records.js';
import { rows } from './key-space/rows.js';
import { searches } from './key-space/searches.js';
import { stamps } from './key-space/stamps.js';
import { deriveSampleRows } from './key-space/sample-records.js';

export type { KeySpaceOutage, KeySpaceSubject } from './key-space/key-space-subject.js';

/**
 * Tests that a KeySpace keeps what the port promises. Give tests a minute each: some wait for an outage to be noticed.
 * @param framework describe, it, before and after of the caller's test runner
 * @param name what stands above the tests
 * @param subject how to make the key space and break its medium
 */
export function keySpaceSuite(framework: TestFramework, name: string, subject: KeySpaceSubject): void {
  const opened = new Set<KeySpace>();
  const open = async (create: () => Promise<KeySpace>): Promise<KeySpace> => {
    const space = await create();
    await space.open();
    await space.rebuild?.(deriveSampleRows);
    opened.add(space);
    return space;
  };
  const close = async (space: KeySpace): Promise<void> => {
    opened.delete(space);
    await space.close();
  };
  const bench: Bench = {
    framework,
    subject,
    open,
    close,
    it: (title, body) => {
      framework.it(title, async () => {
        try {
          await body(await open(() => subject.create()));
        } finally {
          for (const space of opened) await close(space);
        }
      });
    },
  };
  framework.describe(name, () => {
    records(bench);
    rows(bench);
    ranges(bench);
    fences(bench);
    stamps(bench);
    searches(bench);
    races(bench);
    durability(bench);
    outages(bench);
  });
}
