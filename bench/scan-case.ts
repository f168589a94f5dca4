import assert from 'node:assert/strict';
import { benchImage } from './bench-image.js';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { delayOf } from './event-loop-case.js';
import { figureOf, inTurns, seconds } from './measure.js';
import { withPair } from './pair.js';
import { atLeast, atMost, rateOf, type Row } from './row.js';

/** Filters that no index serves, and that no image passes: all have to be looked at. */
const SCANS = {
  'checksum (v2)': '/v2/images?visibility=all&checksum=ffffffffffffffffffffffffffffffff',
  'other property (v2)': '/v2/images?visibility=all&kernel_version=6.1',
  'min_ram (v1)': '/v1/images/detail?is_public=none&min_ram=4711',
};

/** Listings that look through a whole catalogue. */
export async function scanCase({ fills, scale }: Bench): Promise<Row[]> {
  const { rounds, images } = scale;
  const count = Array.from({ length: images.many }, (_, n) => n).filter((n) => !benchImage(n).hidden).length;
  const work = async (url: string): Promise<Row[]> => {
    const blocks = new Map<string, number[]>();
    const scan = (name: string, query: string) => async (): Promise<number> => {
      await delayOf(url);
      const taken = await seconds(async () => {
        const { status, text } = await ask(url + query, { agent: false });
        assert.equal(status, 200, text);
        assert.deepEqual((JSON.parse(text) as { images: object[] }).images, []);
      });
      blocks.set(name, [...(blocks.get(name) ?? []), (await delayOf(url)).most]);
      return taken;
    };
    const entries = Object.entries(SCANS);
    const scans = Object.fromEntries(entries.map(([name, query]) => [name, scan(name, query)]));
    // What is read first comes from the disk.
    for (const work of Object.values(scans)) await work();
    blocks.clear();
    const times = await inTurns(rounds, scans);
    return entries.flatMap(([name]): Row[] => {
      const taken = times[name];
      const block = figureOf(blocks.get(name) ?? []);
      assert.ok(taken);
      const what = `${name} without an index, among ${count}`;
      return [
        {
          name: `filter: ${what}`,
          unit: 'records/s',
          registry: rateOf(taken, count),
          baseline: figureOf([1_000_000]),
          against: 'what is wanted',
          target: atLeast(1),
          notes: [`${taken.median.toPrecision(3)} s`],
        },
        {
          name: `longest block of the event loop: ${what}`,
          unit: 'ms',
          registry: block,
          baseline: figureOf([20]),
          against: 'what is wanted',
          target: atMost(1),
          notes: [],
        },
      ];
    });
  };
  return withPair(({ registry }) => work(registry.url), { dataDir: await fills.lmdb(images.many) });
}
