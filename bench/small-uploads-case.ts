import assert from 'node:assert/strict';
import { md5Of } from './client.js';
import { atOnce, median, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair } from './pair.js';
import { idsInStatus, uploadImage } from './registry-client.js';
import { uploadFile } from './upload-case.js';

const SIZE = 64 * 1024;
const WIDTH = 32;

/** Many small uploads at once, against files with digests: the time that they take, and the server's CPU time for each. */
export function smallUploadsCase({ smallUploads, rounds }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const { registry } = pair;
    const md5 = md5Of(SIZE);
    const times = { registry: [] as number[], baseline: [] as number[] };
    const cpu = { registry: [] as number[], baseline: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const measure = async (who: keyof typeof times, work: (n: number) => Promise<void>): Promise<void> => {
        const server = pair[who];
        const before = await server.cpu();
        times[who].push(await seconds(() => atOnce(smallUploads, WIDTH, work)));
        cpu[who].push((1000 * ((await server.cpu()) - before)) / smallUploads);
      };
      await measure('baseline', (n) => uploadFile(pair, 'hashed', SIZE, md5, `small-${round}-${n}`));
      await measure('registry', async () => {
        await uploadImage(registry.url, SIZE, md5);
      });
    }
    assert.equal((await idsInStatus(registry.url, 'active')).size, rounds * smallUploads);
    const ours = median(times.registry);
    const common = {
      name: `${smallUploads} uploads of ${SIZE / 1024} KiB, ${WIDTH} at once`,
      against: 'body to file, md5, sha512, fsync',
      peakRss: toMib(await registry.peak()),
      note: `${Math.round(smallUploads / ours)} uploads/s`,
    } as const;
    return [
      { ...common, unit: 's', registry: ours, baseline: median(times.baseline) },
      {
        ...common,
        name: `CPU time of an upload of ${SIZE / 1024} KiB`,
        unit: 'ms',
        registry: median(cpu.registry),
        baseline: median(cpu.baseline),
      },
    ];
  });
}
