import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { md5Of, sendBytes } from './client.js';
import { median, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair, type Pair } from './pair.js';
import { deleteImage, uploadImage } from './registry-client.js';

/** A large upload, chunked: against a server that only keeps the bytes, and one that also digests them. */
export function uploadCase({ transfer, rounds }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const { registry } = pair;
    const md5 = md5Of(transfer);
    const times = { registry: [] as number[], plain: [] as number[], hashed: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.plain.push(await seconds(() => uploadFile(pair, 'files', transfer, md5)));
      await rm(path.join(pair.files, 'file'));
      times.hashed.push(await seconds(() => uploadFile(pair, 'hashed', transfer, md5)));
      await rm(path.join(pair.files, 'file'));
      let id = '';
      times.registry.push(await seconds(async () => (id = await uploadImage(registry.url, transfer, md5))));
      await deleteImage(registry.url, id);
    }
    const ours = median(times.registry);
    const row = {
      name: `upload ${toMib(transfer)} MiB, chunked`,
      unit: 's',
      registry: ours,
      peakRss: toMib(await registry.peak()),
      note: `${Math.round(toMib(transfer) / ours)} MiB/s`,
    } as const;
    return [
      { ...row, baseline: median(times.plain), against: 'body to file, fsync' },
      { ...row, baseline: median(times.hashed), against: 'body to file, md5, sha512, fsync' },
    ];
  });
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
