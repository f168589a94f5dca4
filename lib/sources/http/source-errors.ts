import { RegistryError } from '../../errors.js';

/**
 * The one answer when a client names a source that cannot be fetched, whatever the reason: a client that could tell a
 * closed port from a forbidden address could map networks with us (OSSN-0078).
 * @param cause for the log
 */
export function sourceNotFound(cause: unknown): RegistryError {
  return new RegistryError('not_found', 'The source cannot be fetched, or does not tell its size.', {
    cause,
  });
}

/**
 * A source of an image does not give its data.
 * @param reason for the log
 */
export function sourceUnavailable(reason: string, cause?: unknown): RegistryError {
  return new RegistryError('unavailable', reason, cause === undefined || cause === null ? {} : { cause });
}

/** @param cap bytes */
export function sourceTooLarge(cap: number): RegistryError {
  return new RegistryError('too_large', `The source is larger than the limit of ${cap} bytes.`);
}
