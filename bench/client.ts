import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const MIB = 1024 * 1024;
/** Not compressible, and the same again and again, so that checking it costs the client next to nothing. */
const BLOCK = randomBytes(MIB);
const PIECE = 256 * 1024;

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A request that sends nothing, or one that sends what it is given; over `agent`'s connections. */
export function ask(
  url: string,
  options: http.RequestOptions & { readonly body?: string | Buffer } = {},
): Promise<Answer> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = http.request(url, rest, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.once('error', reject).end(body);
  });
}

/** Uploads `size` bytes, chunked. @returns the answer */
export async function sendBytes(
  method: 'POST' | 'PUT',
  url: string,
  headers: http.OutgoingHttpHeaders,
  size: number,
): Promise<Answer> {
  const request = http.request(url, { method, headers, agent: false });
  const answer = new Promise<Answer>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
  });
  await pipeline(Readable.from(pieces(size), { objectMode: false }), request);
  return answer;
}

/** Downloads what `sendBytes` has sent. @throws AssertionError when it is anything else */
export async function receiveBytes(url: string, size: number): Promise<void> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(url, { agent: false }, resolve).once('error', reject);
  });
  assert.equal(response.statusCode, 200);
  let at = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    for (let taken = 0; taken < chunk.length;) {
      const from = (at + taken) % MIB;
      const length = Math.min(chunk.length - taken, MIB - from);
      assert.equal(chunk.compare(BLOCK, from, from + length, taken, taken + length), 0, 'other bytes came');
      taken += length;
    }
    at += chunk.length;
  }
  assert.equal(at, size);
}

/** md5 of the bytes that `sendBytes` sends. */
export function md5Of(size: number): string {
  const md5 = createHash('md5');
  for (const piece of pieces(size)) md5.update(piece);
  return md5.digest('hex');
}

/** Makes a digest of the bytes that `sendBytes` sends, in pieces as they come from a socket, and does nothing else. */
export function digestBytes(algorithm: string, size: number): void {
  const hash = createHash(algorithm);
  const piece = 64 * 1024;
  for (let at = 0; at < size; at += piece) hash.update(BLOCK.subarray(at % MIB, (at % MIB) + piece));
  hash.digest();
}

function* pieces(size: number): Generator<Buffer> {
  for (let at = 0; at < size; at += PIECE) {
    const from = at % MIB;
    yield BLOCK.subarray(from, from + Math.min(PIECE, size - at));
  }
}

async function readText(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}
