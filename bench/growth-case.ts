import assert from 'node:assert/strict';
import http from 'node:http';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { figureOf, median, type Figure } from './measure.js';
import { LISTINGS, type Listing } from './listings.js';
import { withServers } from './pair.js';
import { atMost, type Row } from './row.js';
import type { Scale } from './scale.js';

/** A registry with so many images. */
interface Filled {
  readonly url: string;
  readonly count: number;
}

interface Times {
  readonly few: Figure;
  readonly many: Figure;
}

/** Pages of a large catalogue against the same of a small one: one line for each kind of listing, of the one that grows most. */
export async function growthCase({ fills, scale }: Bench): Promise<Row[]> {
  const { few, many } = scale.images;
  const folders = { few: await fills.lmdb(few), many: await fills.lmdb(many) };
  return withServers(async (start) => {
    const small = { url: (await start('registry-server', [folders.few])).url, count: few };
    const large = { url: (await start('registry-server', [folders.many])).url, count: many };
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const groups = new Map<string, { readonly listing: Listing; readonly times: Times }[]>();
    for (const listing of LISTINGS) {
      const times = await measure(small, large, listing, scale, agent);
      groups.set(listing.group, [...(groups.get(listing.group) ?? []), { listing, times }]);
    }
    agent.destroy();
    return [...groups].map(([group, measured]): Row => {
      const grown = measured.map((one) => ({ ...one, ratio: one.times.many.median / one.times.few.median }));
      const [most] = grown.toSorted((a, b) => b.ratio - a.ratio);
      assert.ok(most);
      return {
        name: `growth to ${many} images: ${group}, ${most.listing.name}`,
        unit: 'ms',
        registry: most.times.many,
        baseline: most.times.few,
        against: `the same among ${few}`,
        target: atMost(1.3),
        notes: [
          `grows most of ${measured.length}, whose median is ${median(grown.map(({ ratio }) => ratio)).toFixed(2)}`,
        ],
        details: Object.fromEntries(grown.map(({ listing, ratio }) => [listing.name, ratio])),
      };
    });
  });
}

/** One listing of both: asked for in turns, so that both have the same share of what else the machine does. */
async function measure(
  small: Filled,
  large: Filled,
  listing: Listing,
  { rounds, requests }: Scale,
  agent: http.Agent,
): Promise<Times> {
  let asked = 0;
  const timed = async ({ url, count }: Filled): Promise<number> => {
    asked += 1;
    // A parameter without meaning: answers to another query are not those that are kept.
    const anew = `${url}${listing.path(count)}&deleted=${asked}`;
    const start = performance.now();
    const { status, text } = await ask(anew, { agent });
    const taken = performance.now() - start;
    assert.equal(status, 200, text);
    return taken;
  };
  for (const filled of [small, large]) {
    const { text } = await ask(filled.url + listing.path(filled.count), { agent });
    const { images = [] } = JSON.parse(text) as { images?: Readonly<Record<string, unknown>>[] };
    listing.check(images, filled.count);
    // Lets the compiler warm up.
    for (let n = 0; n < requests / 4; n += 1) await timed(filled);
  }
  const [few, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const times = { few: [] as number[], many: [] as number[] };
    for (let n = 0; n < requests; n += 1) {
      times.few.push(await timed(small));
      times.many.push(await timed(large));
    }
    few.push(median(times.few));
    many.push(median(times.many));
  }
  return { few: figureOf(few), many: figureOf(many) };
}
