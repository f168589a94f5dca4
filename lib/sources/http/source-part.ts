import type { IncomingMessage } from 'node:http';
import type { Wanted } from '../remote-sources.js';
import { checkPlain, contentRange, declaredLength, hasEnd } from './answer-facts.js';
import type { Ask } from './safe-request.js';

/** Where the wanted bytes stand in the body of an answer. */
export interface SourcePart {
  /** Bytes before them. */
  readonly skip: number;
  /** How many there are; null: all until the end of the body. */
  readonly length: number | null;
  /** Whether bytes may follow, that nobody wants. */
  readonly more: boolean;
  /** Place of the first byte of the body in the source. */
  readonly offset: number;
}

/** How to ask for bytes. */
export function askFor({ start = 0, end }: Wanted): Ask {
  if (start === 0 && end === undefined) return { method: 'GET' };
  return { method: 'GET', range: `bytes=${start}-${end ?? ''}` };
}

/**
 * Compares an answer with what was wanted.
 * @throws Error when it is not that
 */
export function partOf(
  answer: IncomingMessage,
  wanted: Wanted,
): SourcePart & { readonly size: number | null } {
  if (answer.statusCode === 206 && askFor(wanted).range !== undefined) return partial(answer, wanted);
  // A server may ignore Range (RFC 9110 14.2).
  if (answer.statusCode === 200) return whole(answer, wanted);
  throw new Error(`the source answers ${String(answer.statusCode)}`);
}

function partial(answer: IncomingMessage, wanted: Wanted): SourcePart & { readonly size: number | null } {
  checkPlain(answer);
  const range = contentRange(answer);
  const size = agreed(range?.size ?? null, wanted.size);
  const { start = 0, end = size === null ? undefined : size - 1 } = wanted;
  const span = range?.span;
  if (span?.start !== start || span.end !== (end ?? span.end)) {
    throw new Error('the source sends another range than was asked for');
  }
  const length = span.end - span.start + 1;
  if ((declaredLength(answer) ?? length) !== length)
    throw new Error('the source sends more or less than its range');
  // Without a size anywhere, nothing says that an open range goes on to the end of the source.
  if (end === undefined) throw new Error('the source does not tell its size');
  return { skip: 0, length, more: false, offset: start, size };
}

function whole(answer: IncomingMessage, wanted: Wanted): SourcePart & { readonly size: number | null } {
  checkPlain(answer);
  const { start = 0, end } = wanted;
  const size = agreed(declaredLength(answer), wanted.size);
  if (size === null && !hasEnd(answer)) throw new Error('the source does not tell where its data ends');
  if (size !== null && (start > size || (end !== undefined && end >= size))) {
    throw new Error('the source is shorter than was asked for');
  }
  const stop = end === undefined ? size : end + 1;
  return {
    skip: start,
    length: stop === null ? null : stop - start,
    more: end !== undefined,
    offset: 0,
    size,
  };
}

function agreed(told: number | null, known: number | undefined): number | null {
  if (told !== null && known !== undefined && told !== known) {
    throw new Error(`the source has ${told} bytes, not ${known}`);
  }
  return told ?? known ?? null;
}
