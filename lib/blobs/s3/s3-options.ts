import { processWarnings, type Logger } from '../../logger.js';
import type { S3ClientLike, S3ClientOptions } from './s3-client-options.js';

const MIB = 1024 * 1024;
/** The longest a timer can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface S3StoreOptions {
  /** Name of the bucket, which must be there: 3 to 255 characters of `A-Z a-z 0-9 . _ -`. */
  readonly bucket: string;
  /**
   * Begins all keys, a slash follows: at most 500 characters of `A-Z a-z 0-9 . _ - /`, no empty part, `.` or `..` between slashes. The store has
   * all that is below it to itself. Default: none, the store has the bucket to itself.
   */
  readonly prefix?: string;
  /** An S3Client of `@aws-sdk/client-s3` 3. It stays the caller's to destroy, and its retries, timeouts and checksums are the caller's too. */
  readonly client?: S3ClientLike;
  /** What `new S3Client()` takes, in place of `client`: the store makes a client and destroys it. Default: what the SDK finds in the environment. */
  readonly clientOptions?: S3ClientOptions;
  /**
   * Bytes of one part of an upload, 5 MiB to 5 GiB; larger where a size that is known beforehand needs that. S3 takes 10 000 parts, so this times 10 000
   * is the most that an upload of unknown size can have. Default: 16 MiB, and so 156 GiB.
   */
  readonly partSize?: number;
  /** Parts of one upload that are on their way at once, 1 to 100; one more is being gathered in memory. Default: 3. */
  readonly concurrency?: number;
  /** Whether every part is sent with its Content-MD5 too, which costs as much CPU time as the digest of the image. Default: false. */
  readonly contentMd5?: boolean;
  /** ms after which a multipart upload that nobody has finished counts as dead; longer than the longest upload. Default: 7 days. */
  readonly abandonedAfter?: number;
  /** ms that a request without much data may take, retries included, and that S3 may be silent in a download. Default: 10 seconds. */
  readonly deadline?: number;
  /** Told of failed cleaning and of dead uploads. Default: `process.emitWarning`. */
  readonly logger?: Logger;
}

/** The options with nothing left open. */
export type S3Settings = Required<Omit<S3StoreOptions, 'client' | 'clientOptions'>> & {
  readonly client: S3ClientLike | null;
  readonly clientOptions: S3ClientOptions;
};

/** @throws TypeError naming the option that is wrong */
export function s3Settings(options: S3StoreOptions): S3Settings {
  const { bucket, prefix = '', client, clientOptions } = options;
  if (typeof bucket !== 'string' || !/^[\w.-]{3,255}$/.test(bucket))
    throw new TypeError('s3Store: bucket must have 3 to 255 characters of A-Z, a-z, 0-9, ., _ and -');
  if (client !== undefined && clientOptions !== undefined)
    throw new TypeError('s3Store: give either client or clientOptions');
  if (client !== undefined && typeof client.send !== 'function')
    throw new TypeError('s3Store: client must be an S3Client of @aws-sdk/client-s3');
  checkEndpoint(clientOptions?.endpoint);
  return {
    bucket,
    prefix: checkedPrefix(prefix),
    client: client ?? null,
    clientOptions: clientOptions ?? {},
    partSize: inRange('partSize', options.partSize ?? 16 * MIB, 5 * MIB, 5 * 1024 * MIB),
    concurrency: inRange('concurrency', options.concurrency ?? 3, 1, 100),
    contentMd5: options.contentMd5 ?? false,
    abandonedAfter: inRange('abandonedAfter', options.abandonedAfter ?? 7 * 24 * 3_600_000, 1000),
    deadline: inRange('deadline', options.deadline ?? 10_000, 1, LONGEST_TIMER),
    logger: options.logger ?? processWarnings,
  };
}

/** The prefix with the slash that ends it, or nothing. */
function checkedPrefix(prefix: string): string {
  const text = prefix.replace(/\/$/, '');
  if (text === '') return '';
  const parts = text.split('/');
  if (/^[\w./-]{1,500}$/.test(text) && !parts.some((part) => ['', '.', '..'].includes(part)))
    return `${text}/`;
  throw new TypeError(
    's3Store: prefix must have at most 500 characters of A-Z, a-z, 0-9, ., _, - and /, and no empty part, . or .. between slashes',
  );
}

/** An address that holds a password would come up in errors of the network. */
function checkEndpoint(endpoint: unknown): void {
  if (typeof endpoint !== 'string') return;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new TypeError('s3Store: clientOptions.endpoint must be an http or https address');
  if (url.username !== '' || url.password !== '')
    throw new TypeError(
      's3Store: clientOptions.endpoint must not hold credentials, which belong in clientOptions.credentials',
    );
}

function inRange(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new TypeError(`s3Store: ${name} must be an integer of ${min} to ${max}`);
}
