import type { Logger } from '../../logger.js';
import type { S3Uploads } from './s3-uploads.js';

/** ms between two sweeps. */
const INTERVAL = 24 * 3_600_000;

/** Aborts multipart uploads that died and that nobody has discarded, in the background. */
export class S3Sweep {
  readonly #uploads: S3Uploads;
  readonly #folder: string;
  readonly #abandonedAfter: number;
  readonly #logger: Logger;
  #last = -Infinity;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  /**
   * @param folder what the keys of the store's objects begin with
   * @param abandonedAfter ms after its begin when an upload counts as dead
   */
  constructor(uploads: S3Uploads, folder: string, abandonedAfter: number, logger: Logger) {
    this.#uploads = uploads;
    this.#folder = folder;
    this.#abandonedAfter = abandonedAfter;
    this.#logger = logger;
  }

  /** Sweeps unless that was done within a day. */
  start(): void {
    const now = performance.now();
    if (now - this.#last < Math.min(INTERVAL, this.#abandonedAfter)) return;
    this.#last = now;
    this.#sweeping = this.#sweep().catch((err: unknown) =>
      this.#logger.warn({ err }, 's3 store: dead uploads could not be looked for'),
    );
  }

  /** Ends the sweep that goes on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const before = Date.now() - this.#abandonedAfter;
    for await (const upload of this.#uploads.list(this.#folder)) {
      if (this.#stopped) return;
      if (upload.begun.getTime() > before) continue;
      await this.#uploads.abort(upload);
      this.#logger.info({ key: upload.key }, 's3 store: a dead upload was aborted');
    }
  }
}
