import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { benchId, benchName, QUEUED_SHARE } from './bench-image.js';
import { ask } from './client.js';
import { median, toMib, type Row, type Scale } from './measure.js';
import { withPair, type Pair } from './pair.js';
import type { Shown } from './registry-client.js';

const PAGE = 25;

interface Listing {
  readonly name: string;
  /** The query, for a catalogue of `count` images. */
  readonly query: (count: number) => string;
  /** Ids of the page that has to come. */
  readonly expected: (count: number) => string[];
}

/** Newest first, from image number `from` down in steps of `step`. */
const down = (from: number, step = 1): string[] =>
  Array.from({ length: PAGE }, (_, index) => benchId(from - index * step));

const LISTINGS: readonly Listing[] = [
  { name: 'default order', query: () => '', expected: (count) => down(count - 1) },
  { name: 'sorted by name', query: () => '?sort_key=name&sort_dir=asc', expected: byName },
  {
    name: 'marker deep inside',
    query: (count) => `?marker=${benchId(count / 2)}`,
    expected: (count) => down(count / 2 - 1),
  },
  {
    name: 'status filter',
    query: () => '?status=queued',
    expected: (count) => down(count - QUEUED_SHARE, QUEUED_SHARE),
  },
  {
    name: 'name filter',
    query: (count) => `?name=${encodeURIComponent(benchName(count / 2))}`,
    expected: (count) => [benchId(count / 2)],
  },
];

/** A registry with so many images. */
interface Filled {
  readonly pair: Pair;
  readonly count: number;
}

/** Pages of a small and a large catalogue, against each other and against a constant document of the same size. */
export function listingCase({ images: [few, many], requests }: Scale): Promise<Row[]> {
  return withFilled(few, (small) =>
    withFilled(many, async (large) => {
      const all: Row[][] = [];
      for (const listing of LISTINGS) all.push(await measure(small, large, listing, requests));
      return [0, 1, 2].flatMap((kind) => all.flatMap((rows) => rows.slice(kind, kind + 1)));
    }),
  );
}

function withFilled(count: number, work: (filled: Filled) => Promise<Row[]>): Promise<Row[]> {
  return withPair(
    (pair) => work({ pair, count }),
    (dataDir) => fill(dataDir, count),
  );
}

/** One listing of both: asked for in turns, so that all have the same share of what else the machine does. */
async function measure(small: Filled, large: Filled, listing: Listing, requests: number): Promise<Row[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const few = await targetOf(small, listing, agent);
  const many = await targetOf(large, listing, agent);
  const targets = [few.registry, few.baseline, many.registry, many.baseline];
  const times = targets.map((): number[] => []);
  // The first ones let the compiler warm up.
  for (let round = -50; round < requests; round += 1) {
    for (const [index, target] of targets.entries()) {
      const taken = await timed(target, agent);
      if (round >= 0) times[index]?.push(taken);
    }
  }
  agent.destroy();
  const [ours = 0, constant = 0, oursOfMany = 0, constantOfMany = 0] = times.map(median);
  const against = 'the same JSON, constant, by Express';
  const row = (
    count: number,
    registry: number,
    peak: number,
  ): Pick<Row, 'name' | 'unit' | 'registry' | 'peakRss'> => ({
    name: `page of ${listing.expected(count).length} among ${count}, ${listing.name}`,
    unit: 'ms',
    registry,
    peakRss: toMib(peak),
  });
  const fewRow = row(small.count, ours, await small.pair.registry.peak());
  const manyRow = row(large.count, oursOfMany, await large.pair.registry.peak());
  const note = `median of ${requests}`;
  return [
    { ...fewRow, baseline: constant, against, note },
    { ...manyRow, baseline: constantOfMany, against, note },
    { ...manyRow, baseline: ours, against: `the same among ${small.count}`, note: 'should be 1' },
  ];
}

interface Target {
  readonly url: string;
  /** The answer that has to come each time. */
  readonly text: string;
}

/** Checks the page, and lets the baseline have the same. */
async function targetOf(
  { pair, count }: Filled,
  { query, expected }: Listing,
  agent: http.Agent,
): Promise<{ readonly registry: Target; readonly baseline: Target }> {
  const url = `${pair.registry.url}/v1/images${query(count)}`;
  const { status, text } = await ask(url, { agent });
  assert.equal(status, 200, text);
  const { images } = JSON.parse(text) as { images: Shown[] };
  assert.deepEqual(
    images.map(({ id }) => id),
    expected(count),
  );
  const constant = `${pair.baseline.url}/constant`;
  const headers = { 'content-type': 'application/json' };
  assert.equal((await ask(constant, { method: 'PUT', agent, headers, body: text })).status, 204);
  return { registry: { url, text }, baseline: { url: constant, text } };
}

async function timed({ url, text: wanted }: Target, agent: http.Agent): Promise<number> {
  const start = performance.now();
  const { text } = await ask(url, { agent });
  const taken = performance.now() - start;
  assert.equal(text, wanted);
  return taken;
}

function byName(count: number): string[] {
  return Array.from({ length: count }, (_, n) => n)
    .sort((a, b) => (benchName(a) < benchName(b) ? -1 : 1))
    .slice(0, PAGE)
    .map(benchId);
}

async function fill(dataDir: string, count: number): Promise<void> {
  const script = fileURLToPath(new URL('fill.ts', import.meta.url));
  await promisify(execFile)(process.execPath, ['--import', 'tsx', script, dataDir, String(count)]);
}
