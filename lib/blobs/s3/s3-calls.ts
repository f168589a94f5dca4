import type { S3Client } from '@aws-sdk/client-s3';
import { withDeadline } from '../../deadline.js';
import type { S3Connection, S3Sdk } from './s3-client.js';
import { S3Failure } from './s3-failure.js';

/** Bytes a second below which the transfer of a part counts as hanging. */
const SLOWEST = 32 * 1024;

export interface S3CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are moved. Default: few. */
  readonly bytes?: number;
  /** ms that it may take besides, when that is more than usual. */
  readonly patience?: number;
}

/** Makes requests of one bucket, each within a limit of its time, and names their failures. */
export class S3Calls {
  readonly bucket: string;
  readonly sdk: S3Sdk;
  readonly #client: S3Client;
  readonly #deadline: number;

  /** @param deadline ms that a request may take besides moving its bytes, retries included */
  constructor({ sdk, client }: S3Connection, bucket: string, deadline: number) {
    this.sdk = sdk;
    this.bucket = bucket;
    this.#client = client;
    this.#deadline = deadline;
  }

  /**
   * Makes one request. An abort ends it too; whose reason it is the caller knows.
   * @throws RegistryError `store_full`, `store_denied`, `unavailable`
   */
  run<T>(
    what: string,
    work: (client: S3Client, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    { signal, bytes = 0, patience = this.#deadline }: S3CallOptions = {},
  ): Promise<T> {
    const limit = Math.round(Math.max(patience, this.#deadline) + (bytes / SLOWEST) * 1000);
    const call = async (late: AbortSignal): Promise<T> => {
      try {
        const abortSignal = signal === undefined ? late : AbortSignal.any([late, signal]);
        return await work(this.#client, { abortSignal });
      } catch (error) {
        throw S3Failure.of(error).toRegistryError(what);
      }
    };
    return withDeadline(call, limit, `s3 store: the attempt to ${what}`);
  }
}
