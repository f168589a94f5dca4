import { Readable } from 'node:stream';
import { diskStore } from '../../lib/blobs/disk/disk-store.js';

/** Run as a child: writes to a disk store without end, until it is killed. */
const [path = '', key = ''] = process.argv.slice(2);
const store = diskStore({ path });
await store.open?.();
const piece = Buffer.alloc(256 * 1024, 7);
function* endless(): Generator<Buffer, never> {
  for (;;) yield piece;
}
await store.write(key, Readable.from(endless(), { objectMode: false }));
