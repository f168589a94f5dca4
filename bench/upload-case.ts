import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Bench } from './bench.js';
import { digestBytes, md5Of, sendBytes } from './client.js';
import { cpuSeconds, figureOf, seconds, toMib, type Figure } from './measure.js';
import { ddSeconds } from './outside.js';
import { withPair, type HashAlgorithm, type Pair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';
import { atMost, clientNote, faultsOf, type Row } from './row.js';
import type { Scale } from './scale.js';
import type { ServerProcess } from './server-process.js';

/** What a transfer took, in seconds. */
export interface Cost {
  readonly wall: number;
  /** CPU time of the server. */
  readonly server: number;
  /** CPU time of the client. */
  readonly client: number;
}

/** A large upload, chunked, with either of the digests besides md5. */
export async function uploadCase({ scale }: Bench): Promise<Row[]> {
  return [...(await uploads(scale, 'sha512')), ...(await uploads(scale, 'sha256'))];
}

/** Against a server that only keeps the bytes, against the digests alone, and against what the machine can do of both at best. */
function uploads({ transfer, rounds }: Scale, algorithm: HashAlgorithm): Promise<Row[]> {
  const work = async (pair: Pair): Promise<Row[]> => {
    const { registry, baseline } = pair;
    const md5 = md5Of(transfer);
    const costs = { registry: [] as Cost[], plain: [] as Cost[] };
    const alone = { md5: [] as number[], hash: [] as number[], dd: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      alone.dd.push(await ddSeconds(pair.files, transfer));
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
    const of = (who: keyof typeof costs, what: keyof Cost): Figure =>
      figureOf(costs[who].map((cost) => cost[what]));
    const [ours, plain] = [of('registry', 'wall'), of('plain', 'wall')];
    const [ofMd5, ofHash] = [figureOf(alone.md5), figureOf(alone.hash)];
    const cores = os.availableParallelism();
    const bounds: readonly Figure[] = [
      plain,
      ofMd5,
      ofHash,
      scaled([of('plain', 'server'), of('plain', 'client'), ofMd5, ofHash], 1 / cores),
    ];
    const what = `upload ${toMib(transfer)} MiB, chunked, ${algorithm}`;
    const client = of('registry', 'client').median / ours.median;
    const common = {
      unit: 's',
      notes: [`${Math.round(toMib(transfer) / ours.median)} MiB/s`, clientNote(client)],
      faults: faultsOf(plain, figureOf(alone.dd), 's', 'what dd does'),
    } as const;
    return [
      {
        ...common,
        name: what,
        registry: ours,
        baseline: bounds.reduce((most, bound) => (bound.median > most.median ? bound : most)),
        against: `the slowest of: body to file, md5, ${algorithm}, CPU time of all with the client by ${cores}`,
        target: atMost(1.15),
      },
      { ...common, name: what, registry: ours, baseline: plain, against: 'body to file, fsync' },
      {
        ...common,
        name: `${what}: CPU time`,
        registry: of('registry', 'server'),
        baseline: scaled([of('plain', 'server'), ofMd5, ofHash], 1),
        against: `body to file, md5 and ${algorithm} alone`,
        target: atMost(1.15),
        notes: [`peak RSS ${Math.round(toMib(await registry.peak()))} MiB`],
      },
    ];
  };
  return withPair(work, { hashAlgorithm: algorithm });
}

/** What a server and this process need for some work of theirs. */
export async function costOf(server: ServerProcess, work: () => Promise<unknown>): Promise<Cost> {
  const before = await server.cpu();
  let client = 0;
  const wall = await seconds(async () => (client = await cpuSeconds(work)));
  return { wall, client, server: (await server.cpu()) - before };
}

/** The sum of all, times `factor`. */
function scaled(figures: readonly Figure[], factor: number): Figure {
  const sum = (of: keyof Figure): number => figures.reduce((all, figure) => all + figure[of], 0) * factor;
  return { median: sum('median'), least: sum('least'), most: sum('most') };
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
