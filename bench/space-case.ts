import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@keyv/redis';
import { benchImage } from './bench-image.js';
import type { Bench } from './bench.js';
import { figureOf } from './measure.js';
import { atMost, type Row } from './row.js';

/** Bytes of metadata that an image takes, by engine, against the JSON of its record. */
export async function spaceCase({ fills, scale }: Bench): Promise<Row[]> {
  const { many } = scale.images;
  const file = await stat(path.join(await fills.lmdb(many), 'metadata', 'data.mdb'));
  const json = JSON.stringify(benchImage(many / 2 + 1)).length;
  const common = {
    unit: 'bytes',
    baseline: figureOf([json]),
    against: 'JSON of its record',
    notes: [],
  } as const;
  return [
    {
      ...common,
      name: `metadata of each of ${many} images, LMDB`,
      registry: figureOf([file.size / many]),
      target: atMost(4096, 'figure'),
    },
    {
      ...common,
      name: `metadata of each of ${many} images, Redis`,
      registry: figureOf([(await usedMemory(await fills.redis(many))) / many]),
    },
  ];
}

async function usedMemory(url: string): Promise<number> {
  const client = createClient({ url });
  await client.connect();
  try {
    return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
  } finally {
    client.destroy();
  }
}
