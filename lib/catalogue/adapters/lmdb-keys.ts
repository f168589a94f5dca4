/** LMDB's limit is 1 978 bytes; two of them hold the length of the namespace. */
const MOST_BYTES = 1_976;

/**
 * The key of an entry in LMDB: length of the namespace, namespace, key. So no namespace is the beginning of another.
 * @throws RangeError when they are too long
 */
export function lmdbKey(namespace: string | undefined, key: string): Buffer {
  const name = Buffer.from(key, 'utf8');
  const prefix = namespacePrefix(namespace);
  const bytes = prefix.length - 2 + name.length;
  if (bytes > MOST_BYTES) {
    throw new RangeError(`Namespace and key have at most ${MOST_BYTES} bytes together, these have ${bytes}`);
  }
  return Buffer.concat([prefix, name]);
}

/** The first key behind all keys of a namespace: UTF-8 has no byte 0xff. */
export function lmdbKeyEnd(namespace: string | undefined): Buffer {
  return Buffer.concat([namespacePrefix(namespace), Buffer.of(0xff)]);
}

/** The key as Keyv knows it. */
export function lmdbKeyName(namespace: string | undefined, key: Buffer): string {
  return key.subarray(namespacePrefix(namespace).length).toString('utf8');
}

function namespacePrefix(namespace = ''): Buffer {
  const bytes = Buffer.from(namespace, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
