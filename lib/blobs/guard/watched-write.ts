import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import type { BlobStore, WriteOptions, WrittenBlob } from '../blob-store.js';
import { WatchedStream } from './watched-stream.js';

/** How a write ended. */
export type WriteOutcome =
  | { readonly blob: WrittenBlob }
  | {
      readonly error: unknown;
      /** Whether the data or an abort ended it, not the store. */
      readonly byCaller: boolean;
      /** Resolves when the store holds a blob though the write failed; rejects when it does not. May stay pending. */
      readonly left: Promise<unknown>;
      /** Whether `left` has resolved already. */
      readonly whole: boolean;
    };

/**
 * Writes to a store that must neither hang nor cut the data short. Never rejects. Once the store has all of the data only the
 * signal ends the write: how long the sync of a large blob takes nobody can tell.
 * @param deadline ms for the store to ask for more when there is data for it, and to clean up after the data has failed or the write was aborted
 */
export async function watchedWrite(
  store: Pick<BlobStore, 'write'>,
  key: string,
  data: Readable,
  options: WriteOptions,
  deadline: number,
): Promise<WriteOutcome> {
  const { signal } = options;
  const stop = new AbortController();
  const countdown = new Countdown();
  const cleanUp = (): void => countdown.start(deadline);
  let whole = false;
  const watched = new WatchedStream(data, { watch: 'reader', idle: deadline });
  watched.once('error', (error) => (watched.stalled ? countdown.fail(error) : cleanUp()));
  signal?.addEventListener('abort', cleanUp, { once: true });
  const signals = signal === undefined ? [stop.signal] : [signal, stop.signal];
  const writing = start(() => store.write(key, watched, { ...options, signal: AbortSignal.any(signals) }));
  try {
    const blob = await Promise.race([writing, countdown.over]);
    whole = true;
    if (!watched.sourceEnded || blob.size !== watched.passed) {
      throw new RegistryError(
        'unavailable',
        `the store has kept ${blob.size} bytes of ${watched.passed} or more`,
      );
    }
    return { blob };
  } catch (error) {
    stop.abort(error);
    watched.destroy();
    const ofCaller =
      watched.sourceError ?? (signal?.aborted === true ? { error: signal.reason as unknown } : null);
    return {
      error: ofCaller === null ? error : ofCaller.error,
      byCaller: ofCaller !== null,
      left: writing,
      whole,
    };
  } finally {
    countdown.stop();
    signal?.removeEventListener('abort', cleanUp);
  }
}

/** An error thrown at once becomes a rejection like any other. */
async function start<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** A promise that rejects when time is up. */
class Countdown {
  readonly over: Promise<never>;
  #reject: ((error: Error) => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor() {
    this.over = new Promise<never>((_resolve, reject) => (this.#reject = reject));
  }

  start(ms: number): void {
    clearTimeout(this.#timer);
    // A stream tells of its error later than a write that has failed with it.
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => this.fail(new RegistryError('unavailable', `the store does not clean up within ${ms} ms`)),
      ms,
    );
  }

  fail(error: Error): void {
    this.#reject?.(error);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
