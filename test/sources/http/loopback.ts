import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { HttpSource } from '../../../lib/sources/http/http-source.js';
import type { SourceRules } from '../../../lib/sources/http/source-rules.js';
import { isRegistryError, type RegistryError } from '../../../lib/errors.js';

/** A server on loopback that counts what reaches it. */
export interface Loopback {
  readonly url: string;
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  /** Connections that are open. */
  open(): number;
  close(): Promise<void>;
}

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A well-behaved HTTP server; `handle` writes the answers. */
export function startHttp(handle: Handler, host = '127.0.0.1'): Promise<Loopback> {
  return listen(http.createServer(handle), host);
}

/** A server that answers the first bytes of each connection as `answer` likes, whether or not that is HTTP. */
export function startRaw(answer: (socket: net.Socket) => void): Promise<Loopback> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  return listen(server, '127.0.0.1');
}

export async function listen(server: net.Server, host: string, scheme = 'http'): Promise<Loopback> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  server.on('connection', (socket: net.Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Sources from 127.0.0.1, with a cap of 1 MiB. */
export function loopbackSource(rules: Partial<SourceRules> = {}): HttpSource {
  return new HttpSource({ networks: ['127.0.0.1/32'], sizeCap: 1024 * 1024, ...rules });
}

/** A lookup that gives these addresses, whatever the name, and a log of the names asked for. */
export function fakeLookup(...addresses: string[]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, _options, callback) => {
    asked.push(hostname);
    callback(
      null,
      addresses.map((address) => ({ address, family: net.isIP(address) })),
    );
  };
  return { lookup, asked };
}

export async function bytesOf(stream: Promise<Readable> | Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of await stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** What `work` rejects with, which must be a RegistryError. */
export async function failureOf(work: Promise<unknown>): Promise<RegistryError> {
  try {
    await work;
  } catch (error) {
    if (isRegistryError(error)) return error;
    throw error;
  }
  return assert.fail('it should have failed');
}

/** Asserts the one answer for sources that cannot be fetched, with a reason for the log that fits `reason`. */
export async function assertRefused(work: Promise<unknown>, reason: RegExp): Promise<void> {
  const error = await failureOf(work);
  assert.equal(error.code, 'not_found');
  assert.equal(error.publicText, 'The source cannot be fetched, or does not tell its size.');
  assert.match(reasonsOf(error), reason);
}

/** Asserts that a read fails as `unavailable`, before or after its first byte. */
export async function assertBroken(work: Promise<Readable>, reason: RegExp): Promise<void> {
  const error = await failureOf(bytesOf(work));
  assert.equal(error.code, 'unavailable');
  assert.equal(error.publicText, 'A service that is needed for this is not available now, try again.');
  assert.match(reasonsOf(error), reason);
}

/** The messages of an error and of all its causes. */
export function reasonsOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const inner = error instanceof AggregateError ? error.errors.map(reasonsOf).join('; ') : '';
  return [error.message, inner, reasonsOf(error.cause)].filter((text) => text !== '').join(': ');
}
