import assert from 'node:assert/strict';
import path from 'node:path';
import type { Bench } from './bench.js';
import { ask } from './client.js';
import { inTurns } from './measure.js';
import { withFolder } from './pair.js';
import { startRedis } from './programs.js';
import { atMost, type Row } from './row.js';
import { startServer } from './server-process.js';

/** From the making of a registry, in a process that has loaded it, to its first answer: with many images, against none. */
export function startCase({ fills, scale }: Bench): Promise<Row[]> {
  const { rounds, images } = scale;
  return withFolder(async (folder) => {
    const redis = await startRedis(folder, false);
    try {
      const full = { lmdb: await fills.lmdb(images.many), redis: await fills.redis(images.many) };
      const start =
        (dataDir: string, address = '') =>
        () =>
          startSeconds([dataDir, 'sha512', address]);
      const times = await inTurns(rounds, {
        emptyLmdb: start(path.join(folder, 'empty')),
        lmdb: start(full.lmdb),
        emptyRedis: start(path.join(folder, 'data'), redis.url),
        redis: start(path.join(folder, 'other-data'), full.redis),
      });
      const common = {
        unit: 's',
        against: 'the same without images',
        target: atMost(1, 'figure'),
        notes: [],
      } as const;
      return [
        {
          ...common,
          name: `start with ${images.many} images, LMDB`,
          registry: times.lmdb,
          baseline: times.emptyLmdb,
        },
        {
          ...common,
          name: `start with ${images.many} images, Redis`,
          registry: times.redis,
          baseline: times.emptyRedis,
        },
      ];
    } finally {
      await redis.stop();
    }
  });
}

async function startSeconds(args: readonly string[]): Promise<number> {
  const server = await startServer('registry-server', args);
  try {
    const { status, text } = await ask(`${server.url}/v2/images?limit=1`, { agent: false });
    assert.equal(status, 200, text);
    const answer = await ask(`${server.url}/bench/start`, { agent: false });
    return (JSON.parse(answer.text) as { started: number }).started / 1000;
  } finally {
    await server.stop();
  }
}
