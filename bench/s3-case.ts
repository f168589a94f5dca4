import assert from 'node:assert/strict';
import type { Bench } from './bench.js';
import { md5Of, receiveBytes, sendBytes } from './client.js';
import { figureOf, toMib } from './measure.js';
import { mostMemory } from './memory-case.js';
import { withFolder, withServers } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';
import type { Row } from './row.js';
import type { ServerProcess } from './server-process.js';

const GIB = 1024 ** 3;
const WARM_UP = 64 * 1024 * 1024;

/**
 * The CPU time that the registry needs to move an image to S3 and back, by that of the SDK moving the same parts with the same digests; and the memory that
 * it needs. The S3 is a process of its own that does next to nothing.
 */
export function s3Case({ scale }: Bench): Promise<Row[]> {
  const { transfer, copy, rounds } = scale;
  return withFolder((folder) =>
    withServers(async (start) => {
      const s3 = await start('s3-store-server', []);
      const registry = await start('s3-registry-server', [folder, s3.url]);
      const baseline = await start('s3-baseline-server', [s3.url]);
      await deleteImage(registry.url, await uploadImage(registry.url, WARM_UP, md5Of(WARM_UP)));
      await putBaseline(baseline, WARM_UP, md5Of(WARM_UP));
      const rows = await cpuRows(registry, baseline, transfer, rounds);
      return [...rows, ...(await memoryRows(registry, copy))];
    }),
  );
}

async function cpuRows(
  registry: ServerProcess,
  baseline: ServerProcess,
  size: number,
  rounds: number,
): Promise<Row[]> {
  const md5 = md5Of(size);
  const up = { registry: [] as number[], baseline: [] as number[] };
  const down = { registry: [] as number[], baseline: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    let id = '';
    up.baseline.push(await cpuOf(baseline, size, () => putBaseline(baseline, size, md5)));
    up.registry.push(
      await cpuOf(registry, size, async () => (id = await uploadImage(registry.url, size, md5))),
    );
    down.baseline.push(await cpuOf(baseline, size, () => receiveBytes(`${baseline.url}/object`, size)));
    down.registry.push(
      await cpuOf(registry, size, () => receiveBytes(`${registry.url}/v1/images/${id}`, size)),
    );
    await deleteImage(registry.url, id);
  }
  const peak = `peak RSS ${Math.round(toMib(await registry.peak()))} MiB`;
  const row = (name: string, { registry: ours, baseline: theirs }: typeof up, against: string): Row => ({
    name: `CPU time per GiB, ${name} S3`,
    unit: 's',
    registry: figureOf(ours),
    baseline: figureOf(theirs),
    against,
    notes: [`${toMib(size)} MiB`, peak],
  });
  return [
    row('upload to', up, 'body to S3 by the SDK in the same parts, md5, sha512'),
    row('download from', down, 'object to answer by the SDK'),
  ];
}

/** The memory in a large transfer, against what it was after one of a quarter of that. */
async function memoryRows(registry: ServerProcess, size: number): Promise<Row[]> {
  const small = size / 4;
  const rows: Row[] = [];
  let id = await uploadImage(registry.url, small, md5Of(small));
  const steps = {
    'upload to': (bytes: number) => async (): Promise<void> => {
      await deleteImage(registry.url, id);
      id = await uploadImage(registry.url, bytes, md5Of(bytes));
    },
    'download from': (bytes: number) => () => receiveBytes(`${registry.url}/v1/images/${id}`, bytes),
  };
  const most = { small: {} as Record<string, number>, large: {} as Record<string, number> };
  for (const [kind, bytes] of [
    ['small', small],
    ['large', size],
  ] as const)
    for (const [name, step] of Object.entries(steps))
      most[kind][name] = await mostMemory(registry, step(bytes));
  await deleteImage(registry.url, id);
  for (const name of Object.keys(steps)) {
    const [before, now] = [most.small[name] ?? 0, most.large[name] ?? 0];
    rows.push({
      name: `memory, ${name} S3 of ${toMib(size)} MiB`,
      unit: 'MiB',
      registry: figureOf([toMib(now)]),
      baseline: figureOf([toMib(before)]),
      against: `the same of ${toMib(small)} MiB`,
      notes: [
        `grows by ${Math.round(toMib(now - before))} MiB`,
        `peak RSS ${Math.round(toMib(await registry.peak()))} MiB`,
      ],
    });
  }
  return rows;
}

/** Seconds of CPU time that a server needs for a GiB. */
async function cpuOf(server: ServerProcess, size: number, work: () => Promise<unknown>): Promise<number> {
  const before = await server.cpu();
  await work();
  return ((await server.cpu()) - before) / (size / GIB);
}

async function putBaseline({ url }: ServerProcess, size: number, md5: string): Promise<void> {
  const { status, text } = await sendBytes('PUT', `${url}/object`, {}, size);
  assert.equal(status, 201, text);
  const stored = JSON.parse(text) as { size: number; md5: string };
  assert.deepEqual([stored.size, stored.md5], [size, md5]);
}
