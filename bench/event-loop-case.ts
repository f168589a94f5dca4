import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { ask } from './client.js';
import { seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair } from './pair.js';
import { reserveImage } from './registry-client.js';
import type { ServerProcess } from './server-process.js';

const WIDTH = 4;

interface Waits {
  /** ms, 99th percentiles. */
  readonly delay: number;
  readonly head: number;
}

/** How long others wait while uploads and downloads go on, against the same server without them. */
export function eventLoopCase({ copy, requests }: Scale): Promise<Row[]> {
  return withPair(async ({ registry }) => {
    const agent = new http.Agent({ keepAlive: true });
    await reserveImage(registry.url, agent);
    const idle = await waits(registry, agent, requests);
    const script = fileURLToPath(new URL('transfers.ts', import.meta.url));
    const load = fork(script, [registry.url, String(copy / WIDTH / 4), String(WIDTH)], {
      execArgv: ['--import', 'tsx'],
    });
    const ended = once(load, 'exit');
    await once(load, 'message');
    const busy = await waits(registry, agent, requests);
    assert.equal(load.exitCode, null, 'the transfers have ended');
    load.kill('SIGTERM');
    await ended;
    agent.destroy();
    const row = (name: string, kind: keyof Waits): Row => ({
      name: `${name} in ${WIDTH} uploads and ${WIDTH} downloads`,
      unit: 'ms',
      registry: busy[kind],
      baseline: idle[kind],
      against: 'the same without them',
      peakRss: 0,
      note: `p99 of ${requests} HEAD requests`,
    });
    const peakRss = toMib(await registry.peak());
    return [
      { ...row('event loop delay', 'delay'), note: 'p99', peakRss },
      { ...row('HEAD of an image', 'head'), peakRss },
    ];
  });
}

async function waits({ url }: ServerProcess, agent: http.Agent, requests: number): Promise<Waits> {
  const { text } = await ask(`${url}/v1/images`, { agent });
  const [image] = (JSON.parse(text) as { images: { id: string }[] }).images;
  assert.ok(image);
  await ask(`${url}/bench/delay`, { agent });
  const times: number[] = [];
  for (let n = 0; n < requests; n += 1) {
    const head = async (): Promise<void> => {
      const { status } = await ask(`${url}/v1/images/${image.id}`, { method: 'HEAD', agent });
      assert.equal(status, 200);
    };
    times.push(1000 * (await seconds(head)));
  }
  const { p99 } = JSON.parse((await ask(`${url}/bench/delay`, { agent })).text) as { p99: number };
  return { delay: p99, head: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0 };
}
