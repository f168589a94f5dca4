import assert from 'node:assert/strict';
import { md5Of } from './client.js';
import { atOnce, seconds, toMib, type Row, type Scale } from './measure.js';
import { withPair } from './pair.js';
import { idsInStatus, uploadImage } from './registry-client.js';
import { uploadFile } from './upload-case.js';

const SIZE = 64 * 1024;
const WIDTH = 32;

/** Many small uploads at once, against files with digests. */
export function smallUploadsCase({ smallUploads }: Scale): Promise<Row[]> {
  return withPair(async (pair) => {
    const { registry } = pair;
    const md5 = md5Of(SIZE);
    const theirs = await seconds(() =>
      atOnce(smallUploads, WIDTH, (n) => uploadFile(pair, 'hashed', SIZE, md5, `small-${n}`)),
    );
    const ours = await seconds(() =>
      atOnce(smallUploads, WIDTH, async () => {
        await uploadImage(registry.url, SIZE, md5);
      }),
    );
    assert.equal((await idsInStatus(registry.url, 'active')).size, smallUploads);
    return [
      {
        name: `${smallUploads} uploads of ${SIZE / 1024} KiB, ${WIDTH} at once`,
        unit: 's',
        registry: ours,
        baseline: theirs,
        against: 'body to file, md5, sha512, fsync',
        peakRss: toMib(await registry.peak()),
        note: `${Math.round(smallUploads / ours)} uploads/s`,
      },
    ];
  });
}
