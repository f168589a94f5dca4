import { isRegistryError, RegistryError, type ErrorCode } from '../../errors.js';

const FULL = new Set([
  'EntityTooLarge',
  'InsufficientStorage',
  'QuotaExceeded',
  'StorageQuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
]);
const DENIED = new Set([
  'AccessDenied',
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
]);
/** Characters of the server's own words that are kept. */
const MOST_WORDS = 300;

/**
 * What S3 or the way to it has answered in place of a success. It holds the name, the status and the server's message, and nothing else of the SDK's error:
 * that has what was signed, and may have a session token.
 */
export class S3Failure extends Error {
  override readonly name: string;
  /** HTTP status; null: there was no answer. */
  readonly status: number | null;

  private constructor(name: string, status: number | null, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }

  static of(error: unknown): S3Failure {
    const { name, code, message, $metadata } = (error ?? {}) as Record<string, unknown>;
    const { httpStatusCode, requestId } = ($metadata ?? {}) as Record<string, unknown>;
    const status = typeof httpStatusCode === 'number' ? httpStatusCode : null;
    // What the network says has a code in place of a name.
    const named = status === null && typeof code === 'string' ? code : name;
    const words = typeof message === 'string' ? message.slice(0, MOST_WORDS) : '';
    const request = typeof requestId === 'string' ? ` (request ${requestId})` : '';
    return new S3Failure(typeof named === 'string' ? named : 'unknown', status, `${words}${request}`);
  }

  get #code(): ErrorCode {
    if (FULL.has(this.name) || this.status === 507 || this.status === 413) return 'store_full';
    if (DENIED.has(this.name) || this.status === 401 || this.status === 403) return 'store_denied';
    return 'unavailable';
  }

  /** The failure by a name of ours; its text is for the log. */
  toRegistryError(what: string): RegistryError {
    const shown = this.status === null ? this.name : `${this.name}, ${this.status}`;
    return new RegistryError(this.#code, `s3 store: cannot ${what}: ${shown}`, { cause: this });
  }
}

/** Whether a call has failed with one of these HTTP statuses. */
export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  const failure = isRegistryError(error) ? error.cause : null;
  return failure instanceof S3Failure && failure.status !== null && statuses.includes(failure.status);
}

/** Waits for a call; null when it fails with this HTTP status. */
export async function unless<T>(status: number, call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (hasStatus(error, status)) return null;
    throw error;
  }
}
