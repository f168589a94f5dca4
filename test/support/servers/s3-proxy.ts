import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { freePort } from './free-port.js';

export type S3Operation =
  | 'HeadBucket'
  | 'ListObjects'
  | 'ListUploads'
  | 'HeadObject'
  | 'GetObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'BeginUpload'
  | 'UploadPart'
  | 'CopyPart'
  | 'CompleteUpload'
  | 'AbortUpload'
  | 'other';

/** A request that comes through. */
export interface S3Request {
  readonly operation: S3Operation;
  /** 1: the first one of this operation, attempts that are repeated included. */
  readonly nth: number;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
}

/** What happens to a request in place of being handed on and answered. */
export type S3Fault =
  /** S3 refuses it. */
  | { readonly answer: number; readonly code: string; readonly body?: string }
  /** The connection breaks after so many bytes of the request's body, none of which arrive. */
  | { readonly cutRequest: number }
  /** The connection breaks after so many bytes of the answer's body. */
  | { readonly cutAnswer: number }
  /** The connection breaks when all was done, before the answer. */
  | 'lost answer'
  /** Nothing happens until the client goes. */
  | 'stalled'
  /** Nothing more comes after so many bytes of the answer's body. */
  | { readonly stalledAnswer: number }
  /** The answer has this ETag. */
  | { readonly etag: string }
  /** One bit of the request's body is another one. */
  | 'spoiled'
  /** It waits. */
  | { readonly until: Promise<unknown> }
  /** Something happens when the first bytes of its body have gone by. */
  | { readonly during: () => void };

/** Sits between a store and its S3, and does what networks and servers do. */
export class S3Proxy {
  /** Operations in the order in which they came. */
  readonly log: S3Operation[] = [];
  /** Decides what happens to a request; null: it is handed on. */
  fault: (request: S3Request) => S3Fault | null = () => null;
  /** What the S3 behind it cannot do; asked when there is no fault. */
  complete: (request: S3Request) => S3Fault | null = () => null;
  /** Told of what S3 has answered, before the client is. */
  answered: (request: S3Request, status: number, text: string) => void | Promise<void> = () => undefined;
  readonly #upstream: string;
  readonly #server: http.Server;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(upstream: string) {
    this.#upstream = upstream;
    this.#server = http.createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param upstream address of an S3 */
  static async start(upstream: string): Promise<S3Proxy> {
    const proxy = new S3Proxy(upstream);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How often an operation came. */
  count(operation: S3Operation): number {
    return this.log.filter((one) => one === operation).length;
  }

  /** Takes S3 away; the function that it gives brings it back. */
  async outage(): Promise<() => Promise<void>> {
    await this.#close();
    return () => this.#listen();
  }

  async stop(): Promise<void> {
    await this.#close();
    this.#agent.destroy();
  }

  async #listen(): Promise<void> {
    // It comes back where it was.
    if (this.#port === 0) this.#port = await freePort();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const asked = this.#describe(request);
    const fault = this.fault(asked) ?? this.complete(asked);
    if (fault === 'stalled') return;
    if (fault !== null && typeof fault === 'object') {
      if ('answer' in fault) {
        await refuse(request, response, fault);
        return;
      }
      if ('cutRequest' in fault) {
        await take(request, fault.cutRequest);
        request.socket.destroy();
        return;
      }
      if ('until' in fault) await fault.until;
    }
    const answer = await this.#forward(request, through(fault));
    const body = await textOf(asked, answer);
    await this.answered(asked, answer.statusCode ?? 0, body?.toString() ?? '');
    if (fault === 'lost answer') {
      answer.resume();
      request.socket.destroy();
      return;
    }
    const headers = { ...answer.headers };
    if (fault !== null && typeof fault === 'object' && 'etag' in fault) headers.etag = fault.etag;
    response.writeHead(answer.statusCode ?? 500, headers);
    if (body !== null) response.end(body);
    else if (fault !== null && typeof fault === 'object' && 'cutAnswer' in fault)
      await giveSome(answer, response, fault.cutAnswer, () => request.socket.destroy());
    else if (fault !== null && typeof fault === 'object' && 'stalledAnswer' in fault)
      await giveSome(answer, response, fault.stalledAnswer, () => undefined);
    else await pipeline(answer, response);
  }

  #describe(request: http.IncomingMessage): S3Request {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    const operation = operationOf(request.method ?? '', pathname, searchParams, request.headers);
    this.log.push(operation);
    const { headers } = request;
    return { operation, nth: this.count(operation), path: pathname, query: searchParams, headers };
  }

  async #forward(request: http.IncomingMessage, change: Transform): Promise<http.IncomingMessage> {
    const { method = 'GET', url, headers } = request;
    const onward = http.request(new URL(url ?? '/', this.#upstream), {
      method,
      headers,
      agent: this.#agent,
    });
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      onward.once('response', resolve);
      onward.once('error', reject);
    });
    answered.catch(() => undefined);
    await pipeline(request, change, onward);
    return answered;
  }
}

function operationOf(
  method: string,
  path: string,
  query: URLSearchParams,
  headers: http.IncomingHttpHeaders,
): S3Operation {
  const [, , ...key] = path.split('/');
  const copies = 'x-amz-copy-source' in headers;
  if (key.join('/') === '') {
    if (method === 'HEAD') return 'HeadBucket';
    if (method !== 'GET') return 'other';
    return query.has('uploads') ? 'ListUploads' : 'ListObjects';
  }
  if (query.has('uploads')) return 'BeginUpload';
  if (query.has('partNumber')) return copies ? 'CopyPart' : 'UploadPart';
  if (query.has('uploadId')) return method === 'DELETE' ? 'AbortUpload' : 'CompleteUpload';
  switch (method) {
    case 'HEAD':
      return 'HeadObject';
    case 'GET':
      return 'GetObject';
    case 'PUT':
      return copies ? 'CopyObject' : 'PutObject';
    case 'DELETE':
      return 'DeleteObject';
    default:
      return 'other';
  }
}

async function refuse(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { answer, code, body }: { readonly answer: number; readonly code: string; readonly body?: string },
): Promise<void> {
  request.resume();
  await once(request, 'end');
  const xml =
    body ?? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is.</Message></Error>`;
  response.writeHead(answer, { 'content-type': 'application/xml' });
  response.end(request.method === 'HEAD' ? undefined : xml);
}

/** Reads so many bytes, or all that there are. */
async function take(request: http.IncomingMessage, bytes: number): Promise<void> {
  let taken = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    taken += chunk.length;
    if (taken >= bytes) return;
  }
}

async function giveSome(
  answer: http.IncomingMessage,
  response: http.ServerResponse,
  bytes: number,
  then: () => void,
): Promise<void> {
  let left = bytes;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const some = chunk.subarray(0, left);
    left -= some.length;
    await new Promise((resolve) => response.write(some, resolve));
    if (left === 0) break;
  }
  then();
}

/** The answer's body, when it is no object's. */
async function textOf(asked: S3Request, answer: http.IncomingMessage): Promise<Buffer | null> {
  if (asked.operation === 'GetObject') return null;
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a request's body goes through. */
function through(fault: S3Fault | null): Transform {
  let first = true;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const bytes = first && fault === 'spoiled' ? spoiled(chunk) : chunk;
      if (first && fault !== null && typeof fault === 'object' && 'during' in fault) fault.during();
      first = false;
      done(null, bytes);
    },
  });
}

function spoiled(chunk: Buffer): Buffer {
  const copy = Buffer.from(chunk);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
