/**
 * What the registry is compared with, the least that a server without a registry would do: `node baseline-server.js FOLDER`.
 *
 * - `PUT /files/NAME` body to a file, synced; `PUT /hashed/NAME` the same with md5 and sha512; `GET /files/NAME` the file
 * - `GET /hello` a word, by Express; `GET /bare` the same without it
 * - `PUT /constant` a JSON document that `GET /constant` then gives, by Express
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { listen } from './listen.js';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('which folder?');
/** Bytes that are read of a file at once: Node's own 64 KiB are slower. */
const READ = 256 * 1024;
let constant: unknown = {};

const app = express();
app.put('/constant', express.json({ limit: '10mb' }), (request, response) => {
  constant = request.body;
  response.status(204).end();
});
app.get('/constant', (_request, response) => {
  response.json(constant);
});
app.get('/hello', (_request, response) => {
  response.send('hello');
});

/** Digests what passes. */
class Digests extends Transform {
  readonly #md5 = createHash('md5');
  readonly #sha512 = createHash('sha512');

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.#md5.update(chunk);
    this.#sha512.update(chunk);
    done(null, chunk);
  }

  result(): { md5: string; sha512: string } {
    return { md5: this.#md5.digest('hex'), sha512: this.#sha512.digest('hex') };
  }
}

async function store(request: http.IncomingMessage, name: string, digests: Digests | null): Promise<object> {
  const file = path.join(folder ?? '', name);
  const target = createWriteStream(file, { flush: true });
  if (digests === null) await pipeline(request, target);
  else await pipeline(request, digests, target);
  return { size: (await stat(file)).size, ...digests?.result() };
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const [, kind, name] = (request.url ?? '').split('/');
  if (kind === 'bare') {
    response.end('hello');
    return;
  }
  if (name === undefined || (kind !== 'files' && kind !== 'hashed')) {
    app(request, response);
    return;
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    const file = path.join(folder ?? '', name);
    response.writeHead(200, { 'content-length': (await stat(file)).size });
    if (request.method === 'HEAD') response.end();
    else await pipeline(createReadStream(file, { highWaterMark: READ }), response);
    return;
  }
  const stored = await store(request, name, kind === 'hashed' ? new Digests() : null);
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(stored));
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    // A client that has all of a download closes the connection; one that has not tells so itself.
    if (request.method !== 'GET') console.error(error);
    response.destroy();
  });
});
listen(server, () => Promise.resolve());
