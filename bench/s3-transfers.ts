import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export const S3_CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench' };
/** The store's own defaults. */
const PART = 16 * 1024 * 1024;
const AT_ONCE = 3;
const Bucket = 'bench';

/** What aws-sdk does at least to move data in parts, with the digests that an image has. */
export class S3Transfers {
  readonly #client: S3Client;

  constructor(endpoint: string) {
    this.#client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: S3_CREDENTIALS,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
    });
  }

  async upload(
    Key: string,
    data: AsyncIterable<Buffer>,
  ): Promise<{ md5: string; sha512: string; size: number }> {
    const [md5, sha512] = [createHash('md5'), createHash('sha512')];
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
    const sending = new Set<Promise<void>>();
    let [pieces, gathered, size]: [Buffer[], number, number] = [[], 0, 0];
    const send = async (): Promise<void> => {
      if (sending.size === AT_ONCE) await Promise.race(sending);
      const part = { PartNumber: Parts.length + 1, ETag: undefined as string | undefined };
      Parts.push(part);
      const Body = Buffer.concat(pieces, gathered);
      [pieces, gathered] = [[], 0];
      const input = { Bucket, Key, UploadId, PartNumber: part.PartNumber, Body };
      const sent: Promise<void> = this.#client.send(new UploadPartCommand(input)).then(({ ETag }) => {
        part.ETag = ETag;
        sending.delete(sent);
      });
      sending.add(sent);
    };
    for await (const chunk of data) {
      md5.update(chunk);
      sha512.update(chunk);
      size += chunk.length;
      for (let rest = chunk; rest.length > 0;) {
        const some = rest.subarray(0, PART - gathered);
        pieces.push(some);
        gathered += some.length;
        rest = rest.subarray(some.length);
        if (gathered === PART) await send();
      }
    }
    if (gathered > 0) await send();
    await Promise.all(sending);
    const input = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
    await this.#client.send(new CompleteMultipartUploadCommand(input));
    return { md5: md5.digest('hex'), sha512: sha512.digest('hex'), size };
  }

  async download(Key: string): Promise<{ body: Readable; size: number }> {
    const { Body, ContentLength = 0 } = await this.#client.send(new GetObjectCommand({ Bucket, Key }));
    return { body: Body as Readable, size: ContentLength };
  }
}
