import { PassThrough, Writable } from 'node:stream';

/**
 * Passes the same bytes on to several readers, each chunk when all have room for it, so that nothing is kept for the slow ones. A reader that ends
 * before its time is left out; when the last one does, this fails with its reason.
 */
export class FanOut extends Writable {
  /** What the readers read: all bytes and then the end, or the error that this was destroyed with. */
  readonly branches: readonly PassThrough[];
  readonly #check: () => void;

  /**
   * @param readers how many there are
   * @param check called when all bytes have come, before any reader sees the end; what it throws is the error of all
   */
  constructor(readers: number, check: () => void) {
    super();
    this.branches = Array.from({ length: readers }, () => new PassThrough());
    this.#check = check;
    // Who reads a branch is told by its own end; nobody may be listening yet.
    for (const branch of this.branches) branch.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const full = this.#open().filter((branch) => !branch.write(chunk));
    Promise.all(full.map(room)).then(
      () => done(this.#open().length === 0 ? this.#reason() : null),
      (error: unknown) => done(asError(error)),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    try {
      this.#check();
    } catch (error) {
      done(asError(error));
      return;
    }
    for (const branch of this.#open()) branch.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.writableFinished)
      for (const branch of this.#open()) branch.destroy(error ?? new Error('the data was broken off'));
    done(error);
  }

  #open(): readonly PassThrough[] {
    return this.branches.filter(({ destroyed }) => !destroyed);
  }

  #reason(): Error {
    return this.branches.findLast(({ errored }) => errored !== null)?.errored ?? new Error('nobody reads on');
  }
}

/** Resolves when a branch takes more, or nothing any more. */
function room(branch: PassThrough): Promise<void> {
  if (branch.destroyed || !branch.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      branch.off('drain', done);
      branch.off('close', done);
      resolve();
    };
    branch.once('drain', done);
    branch.once('close', done);
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('broken off', { cause: reason });
}
