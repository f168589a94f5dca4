import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { digestBytes, md5Of, sendBytes } from './client.js';
import { cpuSeconds, median, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair, type HashAlgorithm, type Pair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';
import type { ServerProcess } from './server-process.js';

/** What a transfer took, in seconds. */
interface Cost {
  readonly wall: number;
  /** CPU time of the server. */
  readonly server: number;
  /** CPU time of the client. */
  readonly client: number;
}

/** A large upload, chunked, with either of the digests besides md5. */
export async function uploadCase(scale: Scale): Promise<Row[]> {
  return [...(await uploads(scale, 'sha512')), ...(await uploads(scale, 'sha256'))];
}

/** Against a server that only keeps the bytes, against the digests alone, and against what the machine can do of both at best. */
function uploads({ transfer, rounds }: Scale, algorithm: HashAlgorithm): Promise<Row[]> {
  const work = async (pair: Pair): Promise<Row[]> => {
    const { registry, baseline } = pair;
    const md5 = md5Of(transfer);
    const costs = { registry: [] as Cost[], plain: [] as Cost[] };
    const alone = { md5: [] as number[], hash: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      costs.plain.push(await costOf(baseline, () => uploadFile(pair, 'files', transfer, md5)));
      await rm(path.join(pair.files, 'file'));
      alone.md5.push(await cpuSeconds(() => digestBytes('md5', transfer)));
      alone.hash.push(await cpuSeconds(() => digestBytes(algorithm, transfer)));
      let id = '';
      costs.registry.push(
        await costOf(registry, async () => (id = await uploadImage(registry.url, transfer, md5))),
      );
      await deleteImage(registry.url, id);
    }
    const [ours, plain] = [middle(costs.registry), middle(costs.plain)];
    const [ofMd5, ofHash] = [median(alone.md5), median(alone.hash)];
    const cores = os.availableParallelism();
    const busy = (plain.server + plain.client + ofMd5 + ofHash) / cores;
    const what = `upload ${toMib(transfer)} MiB, chunked, ${algorithm}`;
    const common = {
      unit: 's',
      peakRss: toMib(await registry.peak()),
      note: `${Math.round(toMib(transfer) / ours.wall)} MiB/s`,
    } as const;
    return [
      { ...common, name: what, registry: ours.wall, baseline: plain.wall, against: 'body to file, fsync' },
      {
        ...common,
        name: what,
        registry: ours.wall,
        baseline: Math.max(plain.wall, ofMd5, ofHash, busy),
        against: `the slowest of: body to file, md5, ${algorithm}, CPU time of all with the client by ${cores}`,
      },
      {
        ...common,
        name: `${what}: CPU time`,
        registry: ours.server,
        baseline: plain.server + ofMd5 + ofHash,
        against: `body to file, md5 and ${algorithm} alone`,
      },
    ];
  };
  return withPair(work, undefined, algorithm);
}

async function costOf(server: ServerProcess, work: () => Promise<unknown>): Promise<Cost> {
  const before = await server.cpu();
  let client = 0;
  const wall = await seconds(async () => (client = await cpuSeconds(work)));
  return { wall, client, server: (await server.cpu()) - before };
}

/** The median of each. */
function middle(costs: readonly Cost[]): Cost {
  const of = (name: keyof Cost): number => median(costs.map((cost) => cost[name]));
  return { wall: of('wall'), server: of('server'), client: of('client') };
}

/** Puts a file into the baseline server, and checks that it is there. */
export async function uploadFile(
  { baseline, files }: Pair,
  kind: 'files' | 'hashed',
  size: number,
  md5: string,
  name = 'file',
): Promise<void> {
  const { status, text } = await sendBytes('PUT', `${baseline.url}/${kind}/${name}`, {}, size);
  assert.equal(status, 201, text);
  const stored = JSON.parse(text) as { size: number; md5?: string };
  assert.deepEqual([stored.size, stored.md5], [size, kind === 'hashed' ? md5 : undefined]);
  assert.equal((await stat(path.join(files, name))).size, size);
}
