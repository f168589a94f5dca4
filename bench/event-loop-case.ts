import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { figureOf, p99, seconds, type Figure } from './measure.js';
import { withPair } from './pair.js';
import { reserveImage } from './registry-client.js';
import { atMost, type Row } from './row.js';
import type { ServerProcess } from './server-process.js';
import { scriptOf } from './scripts.js';

const WIDTH = 4;
/** HEAD requests of one round, one after the other. */
const REQUESTS = 400;

interface Waits {
  /** ms: the 99th percentile, and the longest. */
  readonly delay: number;
  readonly longest: number;
  /** ms, 99th percentile. */
  readonly head: number;
}

/** How long others wait while uploads and downloads go on, against the same server without them. */
export function eventLoopCase({ scale }: Bench): Promise<Row[]> {
  const { transfer, rounds } = scale;
  return withPair(async ({ registry }) => {
    const agent = new http.Agent({ keepAlive: true });
    await reserveImage(registry.url, agent);
    // Lets the compiler warm up.
    await waits(registry, agent);
    const idle: Waits[] = [];
    const busy: Waits[] = [];
    for (let round = 0; round < rounds; round += 1) {
      idle.push(await waits(registry, agent));
      busy.push(await duringTransfers(registry, transfer / 8, () => waits(registry, agent)));
    }
    agent.destroy();
    const of = (all: readonly Waits[], kind: keyof Waits): Figure => figureOf(all.map((one) => one[kind]));
    const common = { unit: 'ms', against: 'the same without them' } as const;
    const what = `in ${WIDTH} uploads and ${WIDTH} downloads`;
    return [
      {
        ...common,
        name: `event loop delay ${what}, p99`,
        registry: of(busy, 'delay'),
        baseline: of(idle, 'delay'),
        target: atMost(20, 'figure'),
        notes: [`the longest ${of(busy, 'longest').median.toPrecision(3)} ms`],
      },
      {
        ...common,
        name: `HEAD of an image ${what}, p99`,
        registry: of(busy, 'head'),
        baseline: of(idle, 'head'),
        target: atMost(10),
        notes: [`of ${REQUESTS} requests, one after the other`],
      },
    ];
  });
}

/** Does something while a process of its own keeps so many uploads and downloads going. */
async function duringTransfers<T>({ url }: ServerProcess, size: number, work: () => Promise<T>): Promise<T> {
  const load = fork(scriptOf('transfers'), [url, String(size), String(WIDTH)]);
  const ended = once(load, 'exit');
  try {
    await Promise.race([once(load, 'message'), ended]);
    const result = await work();
    assert.equal(load.exitCode, null, 'the transfers have ended');
    return result;
  } finally {
    load.kill('SIGTERM');
    await ended;
  }
}

async function waits({ url }: ServerProcess, agent: http.Agent): Promise<Waits> {
  const { text } = await ask(`${url}/v1/images`, { agent });
  const [image] = (JSON.parse(text) as { images: { id: string }[] }).images;
  assert.ok(image);
  await ask(`${url}/bench/delay`, { agent });
  const times: number[] = [];
  for (let n = 0; n < REQUESTS; n += 1) {
    const head = async (): Promise<void> => {
      const { status } = await ask(`${url}/v1/images/${image.id}`, { method: 'HEAD', agent });
      assert.equal(status, 200);
    };
    times.push(1000 * (await seconds(head)));
  }
  const delay = await delayOf(url);
  return { delay: delay.p99, longest: delay.most, head: p99(times) };
}

/** ms for which the event loop of a registry's server has kept things waiting since it was last asked. */
export async function delayOf(url: string): Promise<{ readonly p99: number; readonly most: number }> {
  const { text } = await ask(`${url}/bench/delay`, { agent: false });
  return JSON.parse(text) as { p99: number; most: number };
}
