import { rm } from 'node:fs/promises';
import path from 'node:path';
import { md5Of } from './client.js';
import { median, seconds, toMib, type Row, type Scale } from './measure.js';
import { mostMemory } from './memory-case.js';
import { withPair } from './pair.js';
import { copyImage, deleteImage, uploadImage } from './registry-client.js';
import { uploadFile } from './upload-case.js';

const WARM_UP = 32 * 1024 * 1024;

/** An image copied from another server, against the same bytes sent to a server that digests and keeps them. */
export function copyCase({ copy, rounds }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const { registry, baseline, files } = pair;
    const md5 = md5Of(copy);
    await uploadFile(pair, 'files', copy, md5, 'source');
    await deleteImage(registry.url, await uploadImage(registry.url, WARM_UP, md5Of(WARM_UP)));
    const warm = await registry.memory();
    const times = { registry: [] as number[], hashed: [] as number[] };
    let most = 0;
    for (let round = 0; round < rounds; round += 1) {
      times.hashed.push(await seconds(() => uploadFile(pair, 'hashed', copy, md5)));
      await rm(path.join(files, 'file'));
      let id = '';
      const work = async (): Promise<void> => {
        id = await copyImage(registry.url, `${baseline.url}/files/source`, copy, md5);
      };
      times.registry.push(
        await seconds(async () => (most = Math.max(most, await mostMemory(registry, work)))),
      );
      await deleteImage(registry.url, id);
    }
    const ours = median(times.registry);
    return [
      {
        name: `copy ${toMib(copy)} MiB from a server`,
        unit: 's',
        registry: ours,
        baseline: median(times.hashed),
        against: 'body to file, md5, sha512, fsync',
        peakRss: toMib(await registry.peak()),
        note: `${Math.round(toMib(copy) / ours)} MiB/s, grows by ${Math.round(toMib(most - warm))} MiB`,
      },
    ];
  });
}
