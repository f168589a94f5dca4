/** The least of an S3 that an upload and a download need, in memory and without a check of anything: `node s3-store-server.js`. */
import { once } from 'node:events';
import http from 'node:http';
import { listen } from './listen.js';

const objects = new Map<string, Buffer[]>();
const uploads = new Map<string, Map<number, Buffer[]>>();
let begun = 0;

async function bodyOf(request: http.IncomingMessage): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  return chunks;
}

const sizeOf = (chunks: readonly Buffer[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

const xml = (name: string, text: string): string => `<?xml version="1.0"?><${name}>${text}</${name}>`;

async function give(response: http.ServerResponse, chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) if (!response.write(chunk)) await once(response, 'drain');
  response.end();
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
  const body = await bodyOf(request);
  const id = searchParams.get('uploadId') ?? '';
  const number = Number(searchParams.get('partNumber'));
  const object = objects.get(pathname);
  response.setHeader('etag', '"00000000000000000000000000000000"');
  if (/^\/[^/]*\/?$/.test(pathname)) {
    response.end(request.method === 'HEAD' ? undefined : xml('ListMultipartUploadsResult', ''));
  } else if (request.method === 'PUT') {
    if (number === 0) objects.set(pathname, body);
    else uploads.get(id)?.set(number, body);
    response.end();
  } else if (request.method === 'DELETE') {
    objects.delete(pathname);
    uploads.delete(id);
    response.writeHead(204).end();
  } else if (searchParams.has('uploads')) {
    const next = String((begun += 1));
    uploads.set(next, new Map());
    response.end(xml('InitiateMultipartUploadResult', `<UploadId>${next}</UploadId>`));
  } else if (request.method === 'POST') {
    const parts = [...(uploads.get(id) ?? [])].sort(([one], [other]) => one - other);
    objects.set(
      pathname,
      parts.flatMap(([, chunks]) => chunks),
    );
    uploads.delete(id);
    response.end(xml('CompleteMultipartUploadResult', ''));
  } else if (object === undefined) {
    response
      .writeHead(404)
      .end(request.method === 'HEAD' ? undefined : xml('Error', '<Code>NoSuchKey</Code>'));
  } else {
    response.writeHead(200, { 'content-length': sizeOf(object) });
    if (request.method === 'HEAD') response.end();
    else await give(response, object);
  }
}

const server = http.createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
listen(server, () => Promise.resolve());
