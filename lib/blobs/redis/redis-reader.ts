import { RegistryError } from '../../errors.js';
import type { BlobSpan } from '../blob-store.js';
import type { RedisConnection } from '../../redis/redis-connection.js';
import type { BookEntry, RedisBook } from './redis-book.js';

/** Chunks that are fetched before they are asked for. */
const AHEAD = 3;

/** A part of one chunk: bytes `from` to `to`, exclusive. */
interface Piece {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The bytes of a part of a blob, chunk by chunk, at most three of them ahead.
 * @throws RegistryError `blob_not_found` when a chunk is missing or short, `unavailable`
 */
export async function* readChunks(
  redis: RedisConnection,
  { size, chunkSize }: BookEntry,
  { start, length }: BlobSpan,
  book: Pick<RedisBook, 'chunkKey' | 'checkMark'>,
  blob: string,
): AsyncGenerator<Buffer, void> {
  const fetch = async ({ index, from, to }: Piece): Promise<Buffer> => {
    const key = book.chunkKey(blob, index);
    const whole = from === 0 && to === Math.min(chunkSize, size - index * chunkSize);
    const bytes = await redis.bytes('read a chunk', (commands) =>
      whole ? commands.get(key) : commands.getRange(key, from, to - 1),
    );
    if (bytes?.length === to - from) return bytes;
    await book.checkMark();
    throw new RegistryError('blob_not_found', 'redis store: a chunk is missing');
  };

  const pending: Promise<Buffer>[] = [];
  let at = start;
  for (;;) {
    while (pending.length < AHEAD && at < start + length) {
      const from = at % chunkSize;
      const piece = {
        index: (at - from) / chunkSize,
        from,
        to: Math.min(chunkSize, from + start + length - at),
      };
      at += piece.to - piece.from;
      const fetched = fetch(piece);
      // A failure is seen when its turn comes, or not at all when the reader has left.
      fetched.catch(() => undefined);
      pending.push(fetched);
    }
    const next = pending.shift();
    if (next === undefined) return;
    yield await next;
  }
}
