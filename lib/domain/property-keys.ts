/** Keys that begin so belong to the registry itself, as in the reference: clients do not set them. */
const RESERVED = 'os_glance';

/**
 * The form in which the Images API v1 knows a key: header names have no case, and `-` and `_` are one there. Keys that are one in this form
 * cannot be told apart by clients of v1.
 */
export function foldedKey(key: string): string {
  return key.toLowerCase().replaceAll('-', '_');
}

/** Whether a key belongs to the registry itself, in whatever spelling. */
export function isReservedKey(key: string): boolean {
  return foldedKey(key).startsWith(RESERVED);
}
