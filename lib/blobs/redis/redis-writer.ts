import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import { blocks } from '../blocks.js';
import { InFlight } from '../in-flight.js';
import type { BookEntry, RedisBook } from './redis-book.js';
import type { RedisConnection } from '../../redis/redis-connection.js';

/** Chunks on their way to Redis at once. */
const IN_FLIGHT = 4;
/** The longest a timer can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface RedisWriteOptions {
  readonly chunkSize: number;
  readonly stagingTtl: number;
  /** Bytes that the book has taken room for beforehand. */
  readonly held: number;
  /** Is told how many chunks may be in Redis. */
  readonly onChunks: (count: number) => void;
}

/**
 * Stores `data` as chunks that expire by themselves unless they are renewed while the write goes on, and makes them
 * last when all are there. What is left to do is the book's commit, which must follow soon.
 */
export async function writeChunks(
  redis: RedisConnection,
  book: RedisBook,
  key: string,
  data: Readable,
  { chunkSize, stagingTtl, held, onChunks }: RedisWriteOptions,
): Promise<BookEntry> {
  const stop = (): void => void data.destroy();
  const chunks = new InFlight(IN_FLIGHT, stop);
  const renewals = new InFlight(1, stop);
  let [size, count, room] = [0, 0, held];

  const renew = async (): Promise<void> => {
    const renewed = count;
    await book.hold(key, 0, renewed);
    await book.eachChunk('renew chunks', key, renewed, (commands, chunk) =>
      commands.pExpire(chunk, stagingTtl),
    );
  };
  const timer = setInterval(() => renewals.tryAdd(renew), Math.min(stagingTtl / 3, LONGEST_TIMER));
  try {
    for await (const block of blocks(data as AsyncIterable<Buffer>, chunkSize)) {
      const index = count;
      size += block.length;
      count += 1;
      await book.hold(key, Math.max(0, size - room), count);
      room = Math.max(room, size);
      onChunks(count);
      const options = { expiration: { type: 'PX', value: stagingTtl } } as const;
      await chunks.add(() =>
        redis.text('write a chunk', async (commands) => {
          await commands.set(book.chunkKey(key, index), block, options);
        }),
      );
    }
  } finally {
    clearInterval(timer);
    // Before the chunks are made to last: a late renewal would give them an end again.
    await renewals.drain();
    await chunks.drain();
  }

  // From here on the chunks do not expire; the book knows all of them, so they are found should this process die.
  await book.hold(key, 0, count);
  const kept = await book.eachChunk('keep chunks', key, count, (commands, chunk) => commands.persist(chunk));
  if (kept.includes(0))
    throw new RegistryError('unavailable', 'redis store: chunks have gone while others were written');
  return { size, chunkSize };
}
