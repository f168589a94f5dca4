import type { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import type { BlobSpan, ReadOptions } from '../blob-store.js';
import type { S3Calls } from './s3-calls.js';
import { hasStatus, unless } from './s3-failure.js';

/** An object as S3 tells of it. */
export interface S3Object {
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
}

/** An object that is being read, whole or in part. */
export interface S3Body {
  readonly body: Readable;
  /** What the body is of the whole. */
  readonly span: BlobSpan;
  readonly etag: string;
}

/** The objects of a bucket. Where there is none, answers are null: whether the bucket is there is another question. */
export class S3Objects {
  readonly #calls: S3Calls;

  constructor(calls: S3Calls) {
    this.#calls = calls;
  }

  /** @throws RegistryError `unavailable` when there is no such bucket */
  async checkBucket(): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const found = await unless(
      404,
      this.#calls.run('find the bucket', (client, options) =>
        client.send(new sdk.HeadBucketCommand({ Bucket }), options),
      ),
    );
    if (found === null) throw new RegistryError('unavailable', `s3 store: there is no bucket ${Bucket}`);
  }

  async head(Key: string): Promise<S3Object | null> {
    const { sdk, bucket: Bucket } = this.#calls;
    const found = await unless(
      404,
      this.#calls.run('find an object', (client, options) =>
        client.send(new sdk.HeadObjectCommand({ Bucket, Key }), options),
      ),
    );
    return found === null ? null : { size: found.ContentLength ?? 0, etag: found.ETag ?? '' };
  }

  /**
   * Begins to read an object.
   * @param options.etag fails unless it is still this one
   * @returns `beyond` when the object ends before `start`
   * @throws RegistryError `unavailable`, also when S3 sends something else than was asked for
   */
  async read(
    Key: string,
    { start = 0, end, signal, etag }: ReadOptions & { readonly etag?: string },
  ): Promise<S3Body | 'beyond' | null> {
    const { sdk, bucket: Bucket } = this.#calls;
    const ranged = start > 0 || end !== undefined;
    const input = {
      Bucket,
      Key,
      ...(ranged && { Range: `bytes=${start}-${end ?? ''}` }),
      ...(etag !== undefined && { IfMatch: etag }),
    };
    try {
      const answer = await this.#calls.run(
        'read an object',
        (client, options) => client.send(new sdk.GetObjectCommand(input), options),
        { signal },
      );
      // In Node it is a stream.
      const body = answer.Body as Readable | undefined;
      const { ContentLength: length, ContentRange: range, ETag = '' } = answer;
      const begins = Number(/^bytes (\d+)-/.exec(range ?? 'bytes 0-')?.[1]);
      if (body === undefined || length === undefined || begins !== start) {
        body?.destroy();
        throw new RegistryError(
          'unavailable',
          's3 store: S3 sends another part of an object than was asked for',
        );
      }
      return { body, span: { start, length }, etag: ETag };
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      if (hasStatus(error, 416)) return 'beyond';
      throw error;
    }
  }

  /** A small object as text, and when it was written. */
  async text(Key: string): Promise<{ readonly text: string; readonly written: Date } | null> {
    const { sdk, bucket: Bucket } = this.#calls;
    return unless(
      404,
      this.#calls.run('read a text', async (client, options) => {
        const { Body, LastModified } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }), options);
        return { text: (await Body?.transformToString()) ?? '', written: LastModified ?? new Date() };
      }),
    );
  }

  /** @param options.absent whether it must not be there yet, where S3 keeps such a promise: 412 when it is, 501 when S3 does not know it */
  async put(
    Key: string,
    Body: Buffer,
    options: {
      readonly absent?: boolean;
      readonly md5?: string | undefined;
    } = {},
  ): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const input = {
      Bucket,
      Key,
      Body,
      ContentType: 'application/octet-stream',
      ContentMD5: options.md5,
      ...(options.absent === true && { IfNoneMatch: '*' }),
    };
    await this.#calls.run(
      'write an object',
      (client, more) => client.send(new sdk.PutObjectCommand(input), more),
      { bytes: Body.length },
    );
  }

  /** Removes an object, if it is there. */
  async remove(Key: string): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const removed = await unless(
      404,
      this.#calls.run('remove an object', (client, options) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket, Key }), options),
      ),
    );
    // Amazon's S3 does not say whether there was an object; where another one does, the bucket may be what is missing.
    if (removed === null) await this.checkBucket();
  }

  /** All objects whose keys begin with `Prefix`. */
  async *list(Prefix: string): AsyncGenerator<{ readonly key: string; readonly size: number }> {
    const { sdk, bucket: Bucket } = this.#calls;
    let ContinuationToken: string | undefined;
    do {
      const input = { Bucket, Prefix, ContinuationToken };
      const page = await this.#calls.run('list objects', (client, options) =>
        client.send(new sdk.ListObjectsV2Command(input), options),
      );
      for (const { Key, Size } of page.Contents ?? [])
        if (Key !== undefined) yield { key: Key, size: Size ?? 0 };
      ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  /** Has S3 copy a whole object of up to 5 GiB. @param source bucket and key with a slash between them */
  async copy(source: string, bytes: number, Key: string): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const input = { Bucket, Key, CopySource: source };
    await this.#calls.run(
      'copy an object',
      (client, options) => client.send(new sdk.CopyObjectCommand(input), options),
      { bytes },
    );
  }
}
