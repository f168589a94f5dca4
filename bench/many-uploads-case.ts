import os from 'node:os';
import { digestBytes, md5Of } from './client.js';
import { cpuSeconds, median, seconds, toMib, type Row, type Scale } from './measure.js';
import { mostMemory } from './memory-case.js';
import { withPair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';

const WIDTH = 8;

/** Several uploads at once, against one of as many bytes, and against what all cores can digest. */
export function manyUploadsCase({ transfer, rounds }: Scale): Promise<Row[]> {
  return withPair(async ({ registry }) => {
    const size = transfer / WIDTH;
    const [whole, part] = [md5Of(transfer), md5Of(size)];
    const idle = await registry.memory();
    const times = { one: [] as number[], many: [] as number[], digests: [] as number[] };
    let most = 0;
    for (let round = 0; round < rounds; round += 1) {
      let ids: string[] = [];
      times.one.push(await seconds(async () => (ids = [await uploadImage(registry.url, transfer, whole)])));
      await deleteAll(registry.url, ids);
      const many = async (): Promise<void> => {
        ids = await Promise.all(Array.from({ length: WIDTH }, () => uploadImage(registry.url, size, part)));
      };
      const memory = mostMemory(registry, async () => times.many.push(await seconds(many)));
      most = Math.max(most, await memory);
      await deleteAll(registry.url, ids);
      times.digests.push(
        await cpuSeconds(() => {
          digestBytes('md5', transfer);
          digestBytes('sha512', transfer);
        }),
      );
    }
    const ours = median(times.many);
    const cores = os.availableParallelism();
    const common = {
      name: `${WIDTH} uploads of ${toMib(size)} MiB at once`,
      unit: 's',
      registry: ours,
      peakRss: toMib(await registry.peak()),
      note: `${Math.round(toMib(transfer) / ours)} MiB/s`,
    } as const;
    return [
      { ...common, baseline: Math.min(...times.one), against: 'the best of one of as many bytes' },
      { ...common, baseline: median(times.digests) / cores, against: `md5 and sha512 alone, by ${cores}` },
      {
        ...common,
        name: `memory in ${common.name}`,
        unit: 'MiB',
        registry: toMib(most),
        baseline: toMib(idle),
        against: 'before them',
        note: `grows by ${Math.round(toMib(most - idle))} MiB`,
      },
    ];
  });
}

async function deleteAll(url: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await deleteImage(url, id);
}
