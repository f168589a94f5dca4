import { createHash, randomUUID } from 'node:crypto';
import http from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

/** What was stored, or was to be. */
export interface Digest {
  readonly size: number;
  readonly md5: string;
}

/** An upload whose client decides when data goes. */
export interface SteeredUpload {
  readonly id: string;
  /** Sends data; resolves when this process has handed it to the system. */
  readonly send: (data: Buffer) => Promise<void>;
  /** Sends what ends the body. */
  readonly end: () => void;
  /** The answer's status; null when the connection broke before it. */
  readonly status: Promise<number | null>;
}

export interface UploadTarget {
  readonly url: string;
  /** Default: a new one. */
  readonly id?: string;
  /** Bytes to announce; default: chunked. */
  readonly length?: number;
  /** PUT to an image that is reserved already. Default: POST. */
  readonly reserved?: boolean;
}

const DATA_HEADERS = { 'content-type': 'application/octet-stream' };

export function digestOf(data: Buffer): Digest {
  return { size: data.length, md5: createHash('md5').update(data).digest('hex') };
}

/** Begins an upload; the head is sent at once. */
export function steerUpload({
  url,
  id = randomUUID(),
  length,
  reserved = false,
}: UploadTarget): SteeredUpload {
  const request = http.request(`${url}/v1/images${reserved ? `/${id}` : ''}`, {
    method: reserved ? 'PUT' : 'POST',
    agent: false,
    headers: {
      ...DATA_HEADERS,
      ...(length === undefined ? {} : { 'content-length': length }),
      ...(reserved ? {} : metadataHeaders(id)),
    },
  });
  const status = answerOf(request);
  request.flushHeaders();
  return {
    id,
    send: (data) =>
      new Promise((resolve) => {
        const done = (): void => {
          request.off('close', done);
          resolve();
        };
        // A broken connection shows in `status`; Node forgets the callbacks of what was never sent.
        request.once('close', done);
        if (request.closed) done();
        else request.write(data, done);
      }),
    end: () => void request.end(),
    status,
  };
}

/** Uploads all of it. @returns the answer's status; null when the connection broke before it */
export async function upload(target: UploadTarget, data: Buffer, piece = 64 * 1024): Promise<number | null> {
  const steered = steerUpload(target);
  for (let at = 0; at < data.length; at += piece) await steered.send(data.subarray(at, at + piece));
  steered.end();
  return steered.status;
}

/** Makes an image without data. @returns the answer's status; null when the connection broke before it */
export function reserve(url: string, id: string): Promise<number | null> {
  const request = http.request(`${url}/v1/images`, {
    method: 'POST',
    agent: false,
    headers: metadataHeaders(id),
  });
  request.end();
  return answerOf(request);
}

/** Deletes an image. @returns the answer's status; null when the connection broke before it */
export function remove(url: string, id: string): Promise<number | null> {
  const request = http.request(`${url}/v1/images/${id}`, { method: 'DELETE', agent: false });
  request.end();
  return answerOf(request);
}

/** Downloads an image without keeping it. @throws Error when the answer is not 200 or not whole */
export async function download(url: string, id: string): Promise<Digest> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(`${url}/v1/images/${id}`, { agent: false }, resolve).once('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`GET ${id} gives ${response.statusCode ?? 0}`);
  }
  const md5 = createHash('md5');
  let size = 0;
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    md5.update(chunk);
  });
  await finished(response);
  return { size, md5: md5.digest('hex') };
}

/** Uploads pieces that are made as they are sent, chunked. @returns the answer's status */
export async function streamUpload(
  url: string,
  id: string,
  pieces: Iterable<Buffer>,
): Promise<number | null> {
  const request = http.request(`${url}/v1/images`, {
    method: 'POST',
    agent: false,
    headers: { ...DATA_HEADERS, ...metadataHeaders(id) },
  });
  const status = answerOf(request);
  await pipeline(Readable.from(pieces, { objectMode: false }), request);
  return status;
}

function metadataHeaders(id: string): http.OutgoingHttpHeaders {
  return {
    'x-image-meta-id': id,
    'x-image-meta-name': 'crash',
    'x-image-meta-disk_format': 'raw',
    'x-image-meta-container_format': 'bare',
  };
}

function answerOf(request: http.ClientRequest): Promise<number | null> {
  return new Promise((resolve) => {
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}
