/** Uploads and downloads without end, in a process of its own: `node transfers.js URL BYTES WIDTH`, so many of each at once; ends on SIGTERM. */
import { md5Of, receiveBytes } from './client.js';
import { deleteImage, uploadImage } from './registry-client.js';

const [, , url, bytes, width] = process.argv;
if (url === undefined || bytes === undefined || width === undefined) throw new Error('where, and how many?');
const size = Number(bytes);
const md5 = md5Of(size);
const id = await uploadImage(url, size, md5);

async function upload(): Promise<never> {
  for (;;) await deleteImage(url ?? '', await uploadImage(url ?? '', size, md5));
}

async function download(): Promise<never> {
  for (;;) await receiveBytes(`${url}/v1/images/${id}`, size);
}

process.once('SIGTERM', () => process.exit(0));
process.send?.('begun');
await Promise.all(Array.from({ length: Number(width) }, () => Promise.all([upload(), download()])));
