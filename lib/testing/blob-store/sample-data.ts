import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

export const KIB = 1024;
export const MIB = 1024 * 1024;

/** `size` bytes that differ from place to place, and from seed to seed. */
export function sampleBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  const block = createHash('sha512').update(String(seed)).digest();
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32LE(at >>> 0, 0);
    block.copy(bytes, at);
  }
  return bytes;
}

/** A stream of `bytes`, cut into pieces of these sizes again and again. */
export function inPieces(bytes: Buffer, ...sizes: number[]): Readable {
  return Readable.from(cut(bytes, sizes), { objectMode: false });
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer, void> {
  let turn = 0;
  for (let at = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** A stream that gives `bytes` and then nothing until `go` is called with what follows; null ends it well. */
export function stalling(bytes: Buffer): {
  data: Readable;
  taken: () => boolean;
  go: (rest: Buffer | Error | null) => void;
} {
  const data = new Readable({ highWaterMark: 64 * KIB, read: () => undefined });
  for (let at = 0; at < bytes.length; at += 64 * KIB) data.push(bytes.subarray(at, at + 64 * KIB));
  return {
    data,
    taken: () => data.readableLength === 0,
    go: (rest) => {
      if (rest instanceof Error) {
        data.destroy(rest);
        return;
      }
      if (rest !== null) data.push(rest);
      data.push(null);
    },
  };
}

/** All that a stream gives. */
export async function readAll(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Lets timers and I/O go on until a condition holds. @throws Error when it does not within 30 s */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
