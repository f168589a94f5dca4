import { Readable } from 'node:stream';
import type { Request } from 'express';
import { RegistryError } from '../errors.js';
import type { HeldBody } from './read-budget.js';
import { RequestStream } from './request-stream.js';

/** The body of a request, not read yet. */
export interface Body {
  /** Begins to read; once. Destroying the stream leaves the connection alone, so that an answer can be sent. */
  readonly open: () => Readable;
  /** Bytes, when the client says so. */
  readonly length: number | null;
  /** In place of `open`: all of it, when it has come already; else null. */
  readonly atOnce: () => Buffer | null;
}

/**
 * The body of a request: null when there is none. A body that a parser of the host app has read already is taken from
 * `request.body` where that holds the bytes.
 *
 * @throws RegistryError `internal` when the host app has swallowed the body, `not_implemented` for an unknown transfer coding
 */
export function bodyOf(request: Request): Body | null {
  // RFC 9112 section 6.3: a request has a body when it has one of these.
  const coding = request.headers['transfer-encoding'];
  const chunked = coding !== undefined;
  // RFC 9112 section 6.1: Node undoes chunked alone; what else was done to the bytes would be stored with them.
  if (chunked && coding.trim().toLowerCase() !== 'chunked')
    throw new RegistryError('not_implemented', 'Only the chunked transfer coding is supported.');
  const declared = Number(request.headers['content-length'] ?? 0);
  if (!chunked && declared === 0) return null;
  // A body without bytes is read without a trace but its end.
  if (!request.readableDidRead && !request.readableEnded) {
    const length = chunked ? null : declared;
    return {
      open: () => new RequestStream(request),
      length,
      atOnce: () => (hasCome(request, length) ? readBuffered(request) : null),
    };
  }
  const bytes = parsedBytes(request.body);
  if (bytes === null)
    throw new RegistryError(
      'internal',
      'the body was read before the registry saw it: mount createImageRegistry before body parsers',
    );
  // A stream of bytes that is given an empty chunk never ends.
  const parts = bytes.length === 0 ? [] : [bytes];
  return {
    open: () => Readable.from(parts, { objectMode: false }),
    // What the client did not declare is only counted, whoever has read it.
    length: chunked ? null : bytes.length,
    atOnce: () => bytes,
  };
}

/** Whether a body is here: a small one comes with its header. Node parses its end only after those who wait for its bytes have had their turn. */
function hasCome(request: Request, length: number | null): boolean {
  return !request.destroyed && (request.complete || request.readableLength === length);
}

function readBuffered(request: Request): Buffer {
  const bytes = request.read() as Buffer | null;
  // Its end is still to be read, without which the connection would take no other request.
  request.resume();
  return bytes ?? Buffer.alloc(0);
}

/** What body parsers leave: raw bytes, text, or a JSON document, which is written out again. */
function parsedBytes(body: unknown): Buffer | null {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body);
  return typeof body === 'object' && body !== null ? Buffer.from(JSON.stringify(body)) : null;
}

/**
 * Reads a small body whole.
 * @param limit most bytes
 * @param held counts what is kept in memory, and is ended
 * @throws RegistryError `too_large`; `unavailable` when too much is read already
 */
export async function readSmall(body: Body, limit: number, held: HeldBody): Promise<Buffer> {
  const refusal = (): RegistryError =>
    new RegistryError('too_large', `The body of this request is limited to ${limit} bytes.`);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    if ((body.length ?? 0) > limit) throw refusal();
    const whole = body.atOnce();
    if (whole !== null) {
      if (whole.length > limit) throw refusal();
      return whole;
    }
    for await (const part of body.open() as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > limit) throw refusal();
      held.add(part.length);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } finally {
    held.end();
  }
}
