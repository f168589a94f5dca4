import type { Bench } from './bench.js';
import { md5Of } from './client.js';
import { figureOf, toMib } from './measure.js';
import { mostMemory } from './memory-case.js';
import { digestRate } from './outside.js';
import { withPair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';
import { atLeast, atMost, clientNote, rateOf, type Row } from './row.js';
import { costOf, type Cost } from './upload-case.js';

const WIDTH = 8;

/** Several uploads at once, against one of as many bytes, and against what all cores can digest. */
export function manyUploadsCase({ scale }: Bench): Promise<Row[]> {
  const { transfer, rounds } = scale;
  return withPair(async ({ registry }) => {
    const size = transfer / WIDTH;
    const [whole, part] = [md5Of(transfer), md5Of(size)];
    const idle = await registry.memory();
    const costs = { one: [] as Cost[], many: [] as Cost[] };
    const digests: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      let ids: string[] = [];
      const one = async (): Promise<void> => {
        ids = [await uploadImage(registry.url, transfer, whole)];
      };
      costs.one.push(await costOf(registry, one));
      await deleteAll(registry.url, ids);
      const many = async (): Promise<void> => {
        ids = await Promise.all(Array.from({ length: WIDTH }, () => uploadImage(registry.url, size, part)));
      };
      const measured = async (): Promise<unknown> => costs.many.push(await costOf(registry, many));
      memory.push(await mostMemory(registry, measured));
      await deleteAll(registry.url, ids);
      digests.push(await digestRate('sha512'));
    }
    const mib = toMib(transfer);
    const ours = figureOf(costs.many.map(({ wall }) => wall));
    const client = figureOf(costs.many.map((cost) => cost.client / cost.wall)).median;
    const best = mib / Math.min(...costs.one.map(({ wall }) => wall));
    const common = {
      name: `${WIDTH} uploads of ${toMib(size)} MiB at once`,
      unit: 'MiB/s',
      registry: rateOf(ours, mib),
      notes: [clientNote(client)],
    } as const;
    return [
      {
        ...common,
        baseline: figureOf([best]),
        against: 'the best of one of as many bytes',
        target: atLeast(0.9),
      },
      {
        ...common,
        baseline: figureOf(digests),
        against: 'md5 and sha512 by `openssl speed`, on all cores',
        target: atLeast(300, 'figure'),
        notes: [...common.notes, 'the target is for a machine on which Glance does 313 MiB/s'],
      },
      {
        name: `memory in ${common.name}`,
        unit: 'MiB',
        registry: figureOf(memory.map(toMib)),
        baseline: figureOf([toMib(idle)]),
        against: 'before them',
        target: atMost(200, 'figure'),
        notes: [`grows by ${Math.round(toMib(Math.max(...memory) - idle))} MiB`],
      },
    ];
  });
}

async function deleteAll(url: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await deleteImage(url, id);
}
