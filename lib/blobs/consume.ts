import type { Readable } from 'node:stream';

/**
 * Runs `work`, which reads `data` to its end. When it fails, or `signal` aborts it, `data` is destroyed; an abort shows
 * as the signal's reason, all else as it is.
 */
export async function consume<T>(
  data: Readable,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  // Without an error: nobody may be listening for one yet, and a reader sees the premature end all the same.
  const stop = (): void => void data.destroy();
  // It may fail before it is read from; the reader is told then, later.
  data.on('error', () => undefined);
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop, { once: true });
    return await work();
  } catch (error) {
    stop();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Destroys `stream` with the signal's reason when `signal` aborts before the stream is done. */
export function endOnAbort<T extends Readable>(stream: T, signal: AbortSignal | undefined): T {
  if (signal === undefined) return stream;
  const stop = (): void => {
    const reason: unknown = signal.reason;
    stream.destroy(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
  };
  signal.addEventListener('abort', stop, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();
  return stream;
}
