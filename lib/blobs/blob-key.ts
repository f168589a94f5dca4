const BLOB_KEY = /^[a-z0-9-]{1,200}$/;

/** Whether `text` is a key as the BlobStore port demands it: 1 to 200 characters of `a-z 0-9 -`. */
export function isBlobKey(text: string): boolean {
  return BLOB_KEY.test(text);
}

/**
 * Refuses a key that could mean anything but one blob of its own store.
 * @throws TypeError
 */
export function checkBlobKey(key: string): void {
  if (!isBlobKey(key)) throw new TypeError('a blob key has 1 to 200 characters of a-z, 0-9 and -');
}
