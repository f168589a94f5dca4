import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { md5Of, receiveBytes } from './client.js';
import { figureOf, toMib } from './measure.js';
import { withPair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';
import type { Row } from './row.js';
import type { ServerProcess } from './server-process.js';

const WARM_UP = 32 * 1024 * 1024;

/** The memory of the registry's process in a very large transfer, against what it was in a small one before. */
export function memoryCase({ scale: { memoryTransfer } }: Bench): Promise<Row[]> {
  return withPair(async ({ registry }) => {
    const rows: Row[] = [];
    const small = await uploadImage(registry.url, WARM_UP, md5Of(WARM_UP));
    await receiveBytes(`${registry.url}/v1/images/${small}`, WARM_UP);
    await deleteImage(registry.url, small);
    const warm = await registry.memory();
    const md5 = md5Of(memoryTransfer);
    let id = '';
    const steps = [
      ['upload', async () => void (id = await uploadImage(registry.url, memoryTransfer, md5))],
      ['download', () => receiveBytes(`${registry.url}/v1/images/${id}`, memoryTransfer)],
    ] as const;
    for (const [name, work] of steps) {
      const most = await mostMemory(registry, work);
      rows.push({
        name: `memory in the ${name} of ${toMib(memoryTransfer)} MiB`,
        unit: 'MiB',
        registry: figureOf([toMib(most)]),
        baseline: figureOf([toMib(warm)]),
        against: `after ${toMib(WARM_UP)} MiB up and down`,
        notes: [
          `grows by ${Math.round(toMib(most - warm))} MiB`,
          `peak RSS ${Math.round(toMib(await registry.peak()))} MiB`,
        ],
      });
    }
    return rows;
  });
}

/** The most memory that a server has while work is done. */
export async function mostMemory(server: ServerProcess, work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      most = Math.max(most, await server.memory());
      await sleep(50);
    }
  };
  await Promise.all([watch(), work().finally(() => over.abort())]);
  return most;
}
