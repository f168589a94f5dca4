import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { blocks } from '../blocks.js';
import { partPlan, type PartPlan } from './part-plan.js';
import type { S3Objects } from './s3-objects.js';
import { S3Parts } from './s3-parts.js';
import type { S3Upload, S3Uploads } from './s3-uploads.js';

export interface S3WriterOptions extends PartPlan {
  /** Whether S3 gets an md5 of each part. */
  readonly contentMd5: boolean;
  /** Bytes that will come, when that is known. */
  readonly size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An object to copy from. */
export interface S3Source {
  /** Bucket and key with a slash between them. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Makes one new object; in case of a failure removes what there is of it.
 *
 * An abort takes effect between requests, and waits for those that are on their way: what S3 does after nobody waits for it is left over.
 */
export class S3Writer {
  readonly #objects: S3Objects;
  readonly #uploads: S3Uploads;
  readonly #key: string;
  /** Whether S3 was asked to begin an upload. */
  #begun = false;
  #upload: S3Upload | null = null;
  /** Whether S3 was asked to make the object. */
  #asked = false;

  constructor(objects: S3Objects, uploads: S3Uploads, key: string) {
    this.#objects = objects;
    this.#uploads = uploads;
    this.#key = key;
  }

  /**
   * Writes `data`: in one request when it is not larger than a part, else part by part.
   * @param ready resolves when S3 may be asked for anything; the first part is gathered meanwhile
   * @returns bytes written
   */
  async write(data: Readable, options: S3WriterOptions, ready: Promise<unknown>): Promise<number> {
    const { size, signal } = options;
    const plan = partPlan(options, size);
    const isSmall = size !== undefined && size <= plan.partSize;
    const pieces = blocks(data as AsyncIterable<Buffer>, isSmall ? Math.max(size, 1) : plan.partSize);
    const first = await pieces.next();
    await ready;
    signal?.throwIfAborted();
    const block = first.done === true ? Buffer.alloc(0) : first.value;
    if (!isSmall && block.length === plan.partSize)
      return this.#writeParts(data, block, pieces, { ...options, ...plan });
    if (isSmall && (await pieces.next()).done !== true)
      throw new RangeError(`more data has come than the ${size} bytes that were announced`);
    signal?.throwIfAborted();
    this.#asked = true;
    await this.#objects.put(this.#key, block, { md5: md5Of(block, options) });
    return block.length;
  }

  /** Has S3 copy an object, part by part when it is larger than a part. */
  async copy({ path, size }: S3Source, plan: PartPlan, signal: AbortSignal | undefined): Promise<void> {
    const { partSize, concurrency } = partPlan(plan, size);
    if (size <= partSize) {
      this.#asked = true;
      await this.#objects.copy(path, size, this.#key);
      return;
    }
    const parts = new S3Parts(concurrency, () => undefined);
    await this.#assemble(signal, async (upload) => {
      const etags = await parts.all(async () => {
        for (let start = 0; start < size; start += partSize) {
          const source = { path, start, end: Math.min(start + partSize, size) - 1 };
          signal?.throwIfAborted();
          await parts.add((number) => this.#uploads.copyPart(upload, number, source));
        }
      });
      return { etags, size };
    });
  }

  /** Removes what a failed write has left. */
  async undo(): Promise<void> {
    if (this.#upload !== null) await this.#uploads.abort(this.#upload);
    if (this.#begun) await this.#uploads.abortAll(this.#key);
    if (this.#asked) await this.#objects.remove(this.#key);
  }

  async #writeParts(
    data: Readable,
    first: Buffer,
    rest: AsyncIterable<Buffer>,
    options: S3WriterOptions,
  ): Promise<number> {
    const { signal, concurrency } = options;
    const parts = new S3Parts(concurrency, () => void data.destroy());
    return this.#assemble(signal, async (upload) => {
      let size = 0;
      const add = async (block: Buffer): Promise<void> => {
        size += block.length;
        const md5 = md5Of(block, options);
        await parts.add((number) => this.#uploads.part(upload, number, block, md5));
      };
      const etags = await parts.all(async () => {
        await add(first);
        for await (const block of rest) await add(block);
      });
      return { etags, size };
    });
  }

  /** Begins an upload, has its parts sent, and has S3 put them together. @returns its bytes */
  async #assemble(
    signal: AbortSignal | undefined,
    send: (upload: S3Upload) => Promise<{ readonly etags: readonly string[]; readonly size: number }>,
  ): Promise<number> {
    this.#begun = true;
    const upload = await this.#uploads.begin(this.#key);
    this.#upload = upload;
    const { etags, size } = await send(upload);
    signal?.throwIfAborted();
    this.#asked = true;
    try {
      await this.#uploads.complete(upload, etags);
    } catch (error) {
      // The answer may have been lost: then there is no such upload any more, but the object is there.
      if ((await this.#objects.head(this.#key))?.size !== size) throw error;
    }
    if (upload.repeated) await this.#uploads.abortAll(this.#key);
    return size;
  }
}

function md5Of(block: Buffer, { contentMd5 }: S3WriterOptions): string | undefined {
  return contentMd5 ? createHash('md5').update(block).digest('base64') : undefined;
}
