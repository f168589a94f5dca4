/** What went wrong: rows of the table below. */
export type ErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'no_data'
  | 'method_not_allowed'
  | 'client_gone'
  | 'request_timeout'
  | 'conflict'
  | 'gone'
  | 'deleted_meanwhile'
  | 'upload_lost'
  | 'too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'headers_too_large'
  | 'internal'
  | 'not_implemented'
  | 'unavailable'
  | 'blob_not_found'
  | 'blob_damaged'
  | 'store_full'
  | 'key_taken'
  | 'store_denied';

interface ErrorRow {
  readonly status: number;
  readonly title: string;
  readonly text?: string;
}

const NOT_AVAILABLE = 'A service that is needed for this is not available now, try again.';

/**
 * What can go wrong, in one table. `text` stands where the reason must not leave the house: clients read it in place
 * of the error's message, which then goes to the log alone.
 */
export const ERRORS = {
  bad_request: { status: 400, title: 'Bad Request' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not Found' },
  /** The image is there, but has no data to send. */
  no_data: { status: 404, title: 'Not Found' },
  method_not_allowed: { status: 405, title: 'Method Not Allowed' },
  /** A client went away before its body was whole, or before it had its answer, which nobody reads. */
  client_gone: { status: 400, title: 'Bad Request' },
  /** A client that is to send data has been silent for too long. */
  request_timeout: { status: 408, title: 'Request Timeout' },
  conflict: { status: 409, title: 'Conflict' },
  /** What a request was about has gone while it was going on, or a store takes no data (as the reference answers). */
  gone: { status: 410, title: 'Gone' },
  deleted_meanwhile: { status: 412, title: 'Precondition Failed' },
  /** An upload, or its lease, that another process has ended: it counted this one as dead. */
  upload_lost: {
    status: 412,
    title: 'Precondition Failed',
    text: 'Another process has taken this upload over.',
  },
  too_large: { status: 413, title: 'Request Entity Too Large' },
  unsupported_media_type: { status: 415, title: 'Unsupported Media Type' },
  range_not_satisfiable: { status: 416, title: 'Requested Range Not Satisfiable' },
  headers_too_large: { status: 431, title: 'Request Header Fields Too Large' },
  internal: {
    status: 500,
    title: 'Internal Server Error',
    text: 'The server failed to answer this request.',
  },
  not_implemented: { status: 501, title: 'Not Implemented' },
  /** A store, database or identity service is down or too slow; nothing is known about what was asked for. */
  unavailable: { status: 503, title: 'Service Unavailable', text: NOT_AVAILABLE },
  /** A blob store has no blob at that location. */
  blob_not_found: {
    status: 500,
    title: 'Internal Server Error',
    text: 'The data of this image cannot be read.',
  },
  /** What a blob store has is not what the image says: nothing of it may look like success. */
  blob_damaged: {
    status: 500,
    title: 'Internal Server Error',
    text: 'The data of this image cannot be read.',
  },
  /** A blob store has no room left. */
  store_full: {
    status: 413,
    title: 'Request Entity Too Large',
    text: 'The image does not fit into the store.',
  },
  /** A blob store has a blob under this key already, or another write of it. */
  key_taken: { status: 503, title: 'Service Unavailable', text: NOT_AVAILABLE },
  /** A blob store refuses writes or reads: read-only medium, missing permission. */
  store_denied: { status: 503, title: 'Service Unavailable', text: 'The store refuses this operation now.' },
} as const satisfies Readonly<Record<ErrorCode, ErrorRow>>;

export interface RegistryErrorOptions {
  /** What raised it; logged, never sent. */
  readonly cause?: unknown;
  /** Response headers that belong to the answer, such as `Allow` or `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The one error class of this package: thrown by use cases and stores, turned into an answer in one place. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code a row of the table above
   * @param message for clients, unless the row has a text of its own; then for the log
   */
  constructor(code: ErrorCode, message: string, options: RegistryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.headers = options.headers ?? {};
  }

  /** HTTP status code of the answer. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** The reason as clients may read it. */
  get publicText(): string {
    const row: ErrorRow = ERRORS[this.code];
    return row.text ?? this.message;
  }
}

/** Whether `error` is a RegistryError, of one of the given codes if any are given. */
export function isRegistryError(error: unknown, ...codes: ErrorCode[]): error is RegistryError {
  return error instanceof RegistryError && (codes.length === 0 || codes.includes(error.code));
}
