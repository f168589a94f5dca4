import assert from 'node:assert/strict';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { figureOf, median } from './measure.js';
import { syncsPerSecond } from './outside.js';
import { withPair } from './pair.js';
import { atLeast, clientNote, type Row } from './row.js';
import { wrk, type Asked, type Counted } from './wrk.js';

const CLIENTS = 16;

/** A request that makes an image without data. */
export function creation(url: string): Asked {
  const body = JSON.stringify({ name: 'bench', disk_format: 'raw', container_format: 'bare' });
  return { url: `${url}/v2/images`, method: 'POST', headers: { 'content-type': 'application/json' }, body };
}

/** Images without data, made by many clients, against what Express answers at all and what the disk makes durable. */
export function createCase({ scale }: Bench): Promise<Row[]> {
  const { rounds, load } = scale;
  return withPair(async ({ registry, baseline, files }) => {
    const made: Counted[] = [await wrk(creation(registry.url), 1, CLIENTS)];
    const hellos: number[] = [];
    const syncs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      hellos.push((await wrk({ url: `${baseline.url}/hello` }, load, CLIENTS)).rate);
      syncs.push(await syncsPerSecond(files));
      made.push(await wrk(creation(registry.url), load, CLIENTS));
    }
    await checkCount(registry.url, made);
    const measured = made.slice(1);
    const bounds = [
      {
        rates: hellos.map((rate) => 0.4 * rate),
        what: `0.4 of Express hello (${Math.round(median(hellos))}/s)`,
      },
      {
        rates: syncs.map((rate) => 0.5 * CLIENTS * rate),
        what: `${0.5 * CLIENTS} x fdatasync (${Math.round(median(syncs))}/s)`,
      },
    ].sort((one, other) => median(one.rates) - median(other.rates));
    const [least] = bounds;
    assert.ok(least);
    return [
      {
        name: `create images, ${CLIENTS} clients`,
        unit: 'images/s',
        registry: figureOf(measured.map(({ rate }) => rate)),
        baseline: figureOf(least.rates),
        against: `the less of ${bounds.map(({ what }) => what).join(' and ')}`,
        target: atLeast(1),
        notes: [
          `p99 ${median(measured.map(({ p99 }) => p99)).toPrecision(3)} ms`,
          clientNote(median(measured.map(({ cores }) => cores))),
        ],
      },
    ];
  });
}

/** All that were answered for are there, and no others but those that wrk did not wait for. */
async function checkCount(url: string, made: readonly Counted[]): Promise<void> {
  const answered = made.reduce((sum, { requests }) => sum + requests, 0);
  let [count, next] = [0, '/v2/images?limit=1000'] as [number, string | undefined];
  while (next !== undefined) {
    const { text } = await ask(url + next, { agent: false });
    const page = JSON.parse(text) as { images: object[]; next?: string };
    count += page.images.length;
    next = page.next;
  }
  assert.ok(count >= answered && count <= answered + made.length * CLIENTS, `${answered} ${count}`);
}
