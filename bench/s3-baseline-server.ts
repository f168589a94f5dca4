/** What the registry on S3 is compared with: `node s3-baseline-server.js ENDPOINT`, `PUT /NAME` into S3 with md5 and sha512, `GET /NAME` from it. */
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import { listen } from './listen.js';
import { S3Transfers } from './s3-transfers.js';

const [, , endpoint] = process.argv;
if (endpoint === undefined) throw new Error('which endpoint?');
const transfers = new S3Transfers(endpoint);

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const name = (request.url ?? '').slice(1);
  if (request.method === 'PUT') {
    const stored = await transfers.upload(name, request as AsyncIterable<Buffer>);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(stored));
    return;
  }
  const { body, size } = await transfers.download(name);
  response.writeHead(200, { 'content-length': size });
  await pipeline(body, response);
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
});
listen(server, () => Promise.resolve());
