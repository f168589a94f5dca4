import type { Readable } from 'node:stream';
import type { ReadOptions } from '../blobs/blob-store.js';

/**
 * The port for data at addresses that clients name.
 *
 * Promised: nothing is asked of an address before it has been checked, every call ends in bounded time and memory, and what a client
 * learns of a failure does not tell why the source could not be fetched. Not promised: that a source still has the same data when it is
 * read again; a source of another size than `size` fails.
 */
export interface RemoteSources {
  /**
   * Checks the text of an address; nothing is asked of anyone.
   * @throws RegistryError `bad_request`
   */
  check(url: string): void;

  /**
   * Checks an address as far as that goes without asking anyone: its text, and whether its host and port may be fetched from.
   * @throws RegistryError `bad_request`
   */
  admit(url: string): void;

  /**
   * Asks a source for its size.
   * @returns bytes
   * @throws RegistryError `bad_request` as `check`; `too_large`; `not_found` for all else; the signal's reason when it aborts
   */
  size(url: string, signal?: AbortSignal): Promise<number>;

  /**
   * Opens a source, whole or from byte `start` to byte `end` (both inclusive).
   * @throws RegistryError `unavailable` when the source cannot be fetched or is not as it should be, `too_large`; the stream fails with
   *   the same. The signal's reason when it aborts. RangeError when `start` and `end` make no range
   */
  read(url: string, options?: SourceReadOptions): Promise<Readable>;
}

/** Which bytes of a source are wanted. */
export interface Wanted extends Pick<ReadOptions, 'start' | 'end'> {
  /** Size of the whole source in bytes, when it is known: a source of another size is refused. */
  readonly size?: number;
}

export interface SourceReadOptions extends Wanted {
  /** Nobody waits for each byte, and would go away: a source that gives next to nothing is given up. Default false. */
  readonly unattended?: boolean;
  readonly signal?: AbortSignal;
}
