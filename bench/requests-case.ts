import assert from 'node:assert/strict';
import { benchId } from './bench-image.js';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { figureOf, median, type Figure } from './measure.js';
import { withPair, withServers } from './pair.js';
import { atLeast, clientNote, faultsOf, type Row, type Target } from './row.js';
import { wrk, type Asked, type Counted } from './wrk.js';

const CONNECTIONS = 16;
const PAGE = 25;
/** More than the registry keeps, of which it keeps some, and so many more that nearly all are read anew. */
const PAGES = [2000, 20_000];

export interface Route extends Asked {
  readonly name: string;
  readonly target?: Target;
}

/** Requests per second, against a word by Express; both by wrk in turns, but for HEAD. */
export async function requestsCase({ fills, scale }: Bench): Promise<Row[]> {
  const { rounds, load, images } = scale;
  const dataDir = await fills.lmdb(images.some);
  // Public and active.
  const id = benchId(18);
  const work = async ({ registry, baseline }: Servers): Promise<Row[]> =>
    withServers(async (start) => {
      const outside = await start('bare-server', []);
      const routes: Route[] = [
        { name: 'HEAD of an image (v1)', method: 'HEAD', url: `/v1/images/${id}`, target: atLeast(0.5) },
        { name: 'show an image (v2)', url: `/v2/images/${id}`, target: atLeast(0.5) },
        { name: `list of ${PAGE} (v1)`, url: `/v1/images?limit=${PAGE}`, target: atLeast(0.3) },
        { name: `detail of ${PAGE} (v1)`, url: `/v1/images/detail?limit=${PAGE}`, target: atLeast(0.3) },
        { name: `list of ${PAGE} (v2)`, url: `/v2/images?limit=${PAGE}`, target: atLeast(0.3) },
        ...PAGES.map((among) => ({
          name: `list of ${PAGE} (v2), one of ${among} after the other`,
          url: `/v2/images?limit=${PAGE}`,
          paths: pages(images.some, among),
          target: atLeast(0.3),
        })),
      ].map((route) => ({ ...route, url: registry.url + route.url }));
      for (const route of routes) await check(route);
      const yardsticks: Route[] = [
        { name: 'hello', url: `${baseline.url}/hello` },
        { name: 'bare', url: `${baseline.url}/bare` },
        { name: 'outside', url: outside.url },
      ];
      const counted = await inTurnsBy([...yardsticks, ...routes], rounds, load);
      const of = (name: string): readonly Counted[] => counted.get(name) ?? [];
      const rate = (name: string): Figure => figureOf(of(name).map((one) => one.rate));
      const bare = rate('bare');
      const faults = faultsOf(bare, rate('outside'), 'requests/s', 'what wrk gets of bare node:http');
      const hello = rate('hello');
      return routes.map(({ name, target }) => ({
        name: `${name} among ${images.some}`,
        unit: 'requests/s',
        registry: rate(name),
        baseline: hello,
        against: `Express hello, of which wrk gets p99 ${ms(of('hello'))}; without Express ${Math.round(bare.median)} requests/s`,
        target,
        notes: [
          `${CONNECTIONS} connections, p99 ${ms(of(name))}`,
          clientNote(median(of(name).map(({ cores }) => cores))),
        ],
        faults,
      }));
    });
  return withPair(work, { dataDir });
}

/** Pages behind public images, from near the oldest to the middle of a catalogue, in no order: the next one has nothing of the last. */
function pages(count: number, among: number): string[] {
  return Array.from({ length: among }, (_, n) => {
    const at = (n * 7919) % among;
    const marker = benchId(100 + 2 * Math.floor((at * (count / 2 - 100)) / among / 2));
    return `/v2/images?limit=${PAGE}&marker=${marker}`;
  });
}

interface Servers {
  readonly registry: { readonly url: string };
  readonly baseline: { readonly url: string };
}

/** What wrk counts of each, in turns; each has had a second before to warm up. */
export async function inTurnsBy(
  routes: readonly Route[],
  rounds: number,
  load: number,
): Promise<ReadonlyMap<string, Counted[]>> {
  for (const route of routes) await wrk(route, 1, CONNECTIONS);
  const counted = new Map(routes.map(({ name }): [string, Counted[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const route of routes) counted.get(route.name)?.push(await wrk(route, load, CONNECTIONS));
  return counted;
}

async function check({ url, method = 'GET' }: Asked): Promise<void> {
  const { status, text } = await ask(url, { method, agent: false });
  assert.equal(status, 200, text);
  if (!url.includes('?')) return;
  const { images } = JSON.parse(text) as { images: object[] };
  assert.equal(images.length, PAGE);
}

function ms(counted: readonly Counted[]): string {
  return `${median(counted.map(({ p99 }) => p99)).toPrecision(3)} ms`;
}
