import assert from 'node:assert/strict';
import type { Bench } from './bench.js';
import { md5Of } from './client.js';
import { atOnce, figureOf, mapped, toMib, type Figure } from './measure.js';
import { withPair } from './pair.js';
import { idsInStatus, uploadImage } from './registry-client.js';
import { atMost, clientNote, type Row } from './row.js';
import { costOf, uploadFile, type Cost } from './upload-case.js';

const SIZE = 64 * 1024;
const WIDTH = 32;

/** Many small uploads at once, against files with digests: the time that they take, and the server's CPU time for each. */
export function smallUploadsCase({ scale }: Bench): Promise<Row[]> {
  const { smallUploads: count, rounds } = scale;
  return withPair(async (pair) => {
    const { registry, baseline } = pair;
    const md5 = md5Of(SIZE);
    const costs = { registry: [] as Cost[], baseline: [] as Cost[] };
    // The first round lets the compilers warm up.
    for (let round = -1; round < rounds; round += 1) {
      const plain = (n: number): Promise<void> =>
        uploadFile(pair, 'hashed', SIZE, md5, `small-${round}-${n}`);
      const ours = (): Promise<string> => uploadImage(registry.url, SIZE, md5);
      const [theirCost, ourCost] = [
        await costOf(baseline, () => atOnce(count, WIDTH, plain)),
        await costOf(registry, () => atOnce(count, WIDTH, ours)),
      ];
      if (round < 0) continue;
      costs.baseline.push(theirCost);
      costs.registry.push(ourCost);
    }
    assert.equal((await idsInStatus(registry.url, 'active')).size, (rounds + 1) * count);
    const of = (who: keyof typeof costs, what: keyof Cost): Figure =>
      figureOf(costs[who].map((cost) => cost[what]));
    const wall = of('registry', 'wall');
    const common = {
      name: `${count} uploads of ${SIZE / 1024} KiB, ${WIDTH} at once`,
      against: 'body to file, md5, sha512, fsync',
    } as const;
    return [
      {
        ...common,
        unit: 's',
        registry: wall,
        baseline: of('baseline', 'wall'),
        target: atMost(1.3),
        notes: [
          `${Math.round(count / wall.median)} uploads/s`,
          clientNote(of('registry', 'client').median / wall.median),
        ],
      },
      {
        ...common,
        name: `CPU time of an upload of ${SIZE / 1024} KiB`,
        unit: 'ms',
        registry: mapped(of('registry', 'server'), (all) => (1000 * all) / count),
        baseline: mapped(of('baseline', 'server'), (all) => (1000 * all) / count),
        notes: [`peak RSS ${Math.round(toMib(await registry.peak()))} MiB`],
      },
    ];
  });
}
