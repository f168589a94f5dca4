import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { until } from '../until.js';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** Data that a source begins to send and ends when it is told to. */
export interface HeldData {
  readonly url: string;
  /** Downloads that have begun and not ended. */
  waiting(): number;
  /** The most downloads at one time so far. */
  most(): number;
  /** Sends the rest of the downloads that wait, the longest waiting first; all of them by default. */
  release(count?: number): void;
}

/** A server on loopback with data to fetch, that a test steers and that counts what reaches it. */
export class SourceHost {
  /** What was asked for, as in `GET /data bytes=0-9`. */
  readonly asked: string[] = [];
  /** Connections so far. */
  connections = 0;
  readonly #address: string;
  readonly #answers = new Map<string, Answer>();
  readonly #sockets = new Set<Socket>();
  readonly #server: http.Server;

  /** @param address of loopback to listen on */
  constructor(address = '127.0.0.1') {
    this.#address = address;
    this.#server = http.createServer((request, response) => this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Defines the hooks that start and stop it around the tests of a describe. */
  hooks(): this {
    before(() => this.start());
    after(() => this.stop());
    return this;
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, this.#address, resolve));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** The address of a path; of its server alone, by default. */
  url(path = ''): string {
    return `http://${this.#address}:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Takes back all paths and counts. */
  forget(): void {
    this.#answers.clear();
    this.asked.length = 0;
    this.connections = 0;
  }

  /** Answers a path as a test likes. @returns its address */
  on(path: string, answer: Answer): string {
    this.#answers.set(path, answer);
    return this.url(path);
  }

  /** Has data at a path, with HEAD and ranges. @returns its address */
  put(path: string, data: Buffer): string {
    return this.on(path, (request, response) => {
      const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
      if (first === undefined) {
        end(request, response, 200, {}, data);
        return;
      }
      const range = { start: Number(first), end: last === '' ? data.length - 1 : Number(last) };
      if (range.start >= data.length) {
        end(request, response, 416, { 'content-range': `bytes */${data.length}` }, Buffer.alloc(0));
        return;
      }
      const part = data.subarray(range.start, range.end + 1);
      const span = `bytes ${range.start}-${range.start + part.length - 1}/${data.length}`;
      end(request, response, 206, { 'content-range': span }, part);
    });
  }

  /** Has data at a path of which it sends the first half, and the rest when it is released. */
  hold(path: string, data: Buffer): HeldData {
    const waiting = new Set<http.ServerResponse>();
    let most = 0;
    const half = Math.floor(data.length / 2);
    const url = this.on(path, (request, response) => {
      response.writeHead(200, { 'content-length': data.length });
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      waiting.add(response);
      most = Math.max(most, waiting.size);
      response.on('close', () => waiting.delete(response));
      response.write(data.subarray(0, half));
    });
    return {
      url,
      waiting: () => waiting.size,
      most: () => most,
      release: (count = Infinity) => {
        for (const response of [...waiting].slice(0, count)) {
          waiting.delete(response);
          response.end(data.subarray(half));
        }
      },
    };
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method = '', url = '', headers } = request;
    this.asked.push([method, url, ...(headers.range === undefined ? [] : [headers.range])].join(' '));
    const answer = this.#answers.get(url);
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  }
}

function end(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  status: number,
  headers: http.OutgoingHttpHeaders,
  data: Buffer,
): void {
  response.writeHead(status, { 'content-length': data.length, ...headers });
  response.end(request.method === 'HEAD' ? undefined : data);
}

/** Waits until a download of held data has begun. */
export function begun(held: HeldData, count = 1): Promise<void> {
  return until('a download has begun', () => held.waiting() >= count);
}
