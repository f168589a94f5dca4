import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3';
import type { S3Calls } from './s3-calls.js';
import { hasStatus, unless } from './s3-failure.js';

/** ms that S3 may take to put parts together: "several minutes", says its documentation. */
const COMPLETION = 15 * 60_000;

/** A multipart upload that nobody has finished. */
export interface S3Upload {
  readonly key: string;
  readonly id: string;
}

/** The multipart uploads of a bucket. */
export class S3Uploads {
  readonly #calls: S3Calls;

  constructor(calls: S3Calls) {
    this.#calls = calls;
  }

  /** @returns `repeated` when an answer was lost on the way: then there may be another upload of this key */
  async begin(Key: string): Promise<S3Upload & { readonly repeated: boolean }> {
    const { sdk, bucket: Bucket } = this.#calls;
    const input = { Bucket, Key, ContentType: 'application/octet-stream' };
    const { UploadId, $metadata } = await this.#calls.run('begin an upload', (client, options) =>
      client.send(new sdk.CreateMultipartUploadCommand(input), options),
    );
    return { key: Key, id: UploadId ?? '', repeated: $metadata.attempts !== 1 };
  }

  /**
   * @param PartNumber 1 to 10 000
   * @param md5 base64
   * @returns what `complete` has to know of the part
   */
  async part(
    { key, id }: S3Upload,
    PartNumber: number,
    Body: Buffer,
    md5: string | undefined,
  ): Promise<string> {
    const { sdk, bucket: Bucket } = this.#calls;
    const input = { Bucket, Key: key, UploadId: id, PartNumber, Body, ContentMD5: md5 };
    const { ETag } = await this.#calls.run(
      `write part ${PartNumber}`,
      (client, options) => client.send(new sdk.UploadPartCommand(input), options),
      { bytes: Body.length },
    );
    return ETag ?? '';
  }

  /** The same with bytes of another object, both ends inclusive. @param source bucket and key with a slash between them */
  async copyPart(
    { key, id }: S3Upload,
    PartNumber: number,
    source: { readonly path: string; readonly start: number; readonly end: number },
  ): Promise<string> {
    const { sdk, bucket: Bucket } = this.#calls;
    const { path, start, end } = source;
    const input = {
      Bucket,
      Key: key,
      UploadId: id,
      PartNumber,
      CopySource: path,
      CopySourceRange: `bytes=${start}-${end}`,
    };
    const { CopyPartResult } = await this.#calls.run(
      `copy part ${PartNumber}`,
      (client, options) => client.send(new sdk.UploadPartCopyCommand(input), options),
      { bytes: end - start + 1 },
    );
    return CopyPartResult?.ETag ?? '';
  }

  /** @param etags of all parts, in their order */
  async complete({ key, id }: S3Upload, etags: readonly string[]): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const Parts = etags.map((ETag, index) => ({ PartNumber: index + 1, ETag }));
    const input = { Bucket, Key: key, UploadId: id, MultipartUpload: { Parts } };
    await this.#calls.run(
      'complete an upload',
      (client, options) => client.send(new sdk.CompleteMultipartUploadCommand(input), options),
      { patience: COMPLETION },
    );
  }

  /** Ends an upload and removes its parts; one that is not there any more is no error. */
  async abort({ key, id }: S3Upload): Promise<void> {
    const { sdk, bucket: Bucket } = this.#calls;
    const input = { Bucket, Key: key, UploadId: id };
    await unless(
      404,
      this.#calls.run('abort an upload', (client, options) =>
        client.send(new sdk.AbortMultipartUploadCommand(input), options),
      ),
    );
  }

  /** Aborts all uploads of a key, where S3 tells of them. */
  async abortAll(key: string): Promise<void> {
    try {
      for await (const upload of this.list(key)) if (upload.key === key) await this.abort(upload);
    } catch (error) {
      // A small server that has no such list: what it has begun it has to end by itself.
      if (!hasStatus(error, 405, 501)) throw error;
    }
  }

  /** All uploads whose keys begin with `Prefix`, and when they were begun. */
  async *list(Prefix: string): AsyncGenerator<S3Upload & { readonly begun: Date }> {
    const { sdk, bucket: Bucket } = this.#calls;
    let from: { readonly KeyMarker: string; readonly UploadIdMarker: string } | null = null;
    do {
      const input = { Bucket, Prefix, ...from };
      const page: ListMultipartUploadsCommandOutput = await this.#calls.run(
        'list uploads',
        (client, options) => client.send(new sdk.ListMultipartUploadsCommand(input), options),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
        if (Key !== undefined && UploadId !== undefined)
          yield { key: Key, id: UploadId, begun: Initiated ?? new Date() };
      from =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' }
          : null;
    } while (from !== null);
  }
}
