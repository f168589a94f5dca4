import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MortalProcesses } from '../support/life/mortal-processes.js';
import type { DeathPoint } from '../support/life/mortality.js';
import { MarkRegistries } from '../support/life/mark-registries.js';

/** All that a first start does: the record, the mark (third call), the record again; each followed by a look. */
const POINTS: readonly (readonly [call: DeathPoint['call'], nth: number])[] = [
  ['commit', 1],
  ['mark', 2],
  ['mark', 3],
  ['commit', 2],
  ['mark', 5],
];

describe('a first start that is killed', function () {
  this.timeout(120_000);
  const processes = new MortalProcesses();
  const registries = new MarkRegistries();
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'first-start-'));
  });

  afterEach(async () => {
    await processes.killAll();
    await registries.closeAll();
    await rm(dataDir, { recursive: true });
  });

  for (const [call, nth] of POINTS)
    for (const moment of ['before', 'after'] as const)
      it(`${moment} ${call} ${nth} is ended by the next one`, async () => {
        const started = processes.serve({ folder: dataDir, die: { call, nth, moment } });
        await assert.rejects(started, /SIGKILL/);
        await registries.once({ dataDir });
        await registries.once({ dataDir });
      });
});
