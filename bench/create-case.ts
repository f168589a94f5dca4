import assert from 'node:assert/strict';
import http from 'node:http';
import { ask } from './client.js';
import { atOnce, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair, type Pair } from './pair.js';
import { idsInStatus, reserveImage } from './registry-client.js';

/** Images without data, made one after the other and by many clients, against a put into LMDB for each request. */
export function createCase({ creations }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const single = await measure(pair, Math.ceil(creations / 10), 1);
    const many = await measure(pair, creations, 32);
    const total = Math.ceil(creations / 10) + creations;
    assert.equal((await idsInStatus(pair.registry.url, 'queued')).size, total);
    const { text } = await ask(`${pair.baseline.url}/records`, { agent: false });
    assert.deepEqual(JSON.parse(text), { count: total });
    return [single, many];
  });
}

async function measure({ registry, baseline }: Pair, count: number, width: number): Promise<Row> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: width });
  const put = async (): Promise<void> => {
    const headers = { 'x-image-meta-name': 'bench' };
    const { status } = await ask(`${baseline.url}/records`, { method: 'POST', agent, headers });
    assert.equal(status, 201);
  };
  const theirs = await seconds(() => atOnce(count, width, put));
  const ours = await seconds(() => atOnce(count, width, () => reserveImage(registry.url, agent)));
  agent.destroy();
  return {
    name: `create ${count} images, ${width} at once`,
    unit: 's',
    registry: ours,
    baseline: theirs,
    against: 'LMDB put, flushed, by Express',
    peakRss: toMib(await registry.peak()),
    note: `${Math.round(count / ours)} images/s`,
  };
}
