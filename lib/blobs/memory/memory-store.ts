import { Readable } from 'node:stream';
import { RegistryError } from '../../errors.js';
import {
  blobSpan,
  type BlobStore,
  type ListedBlob,
  checkBlobKey,
  type ReadOptions,
  type WriteOptions,
  type WrittenBlob,
} from '../blob-store.js';
import { blocks } from '../blocks.js';
import { consume, endOnAbort } from '../consume.js';

const BLOCK_SIZE = 256 * 1024;

export interface MemoryStoreOptions {
  /** The most bytes of all blobs, those on their way included. Default: 256 MiB. */
  readonly maxBytes?: number;
}

interface Blob {
  readonly size: number;
  /** All of BLOCK_SIZE, the last one shorter. */
  readonly blocks: readonly Buffer[];
}

/**
 * Blobs in the memory of this process, gone with it: for tests and trials.
 * Writes beyond `maxBytes` fail with `store_full`.
 */
export function memoryStore(options: MemoryStoreOptions = {}): BlobStore {
  return new MemoryStore(options.maxBytes ?? 256 * 1024 * 1024);
}

class MemoryStore implements BlobStore {
  readonly type = 'memory';
  readonly #maxBytes: number;
  readonly #blobs = new Map<string, Blob>();
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  write(key: string, data: Readable, { size = 0, signal }: WriteOptions = {}): Promise<WrittenBlob> {
    let taken = 0;
    const take = (length: number): void => {
      this.#checkRoom(length);
      this.#used += length;
      taken += length;
    };
    return consume(data, signal, async () => {
      try {
        checkBlobKey(key);
        this.#checkRoom(size);
        const kept: Buffer[] = [];
        for await (const block of blocks(data, BLOCK_SIZE, take)) kept.push(block);
        signal?.throwIfAborted();
        if (this.#blobs.has(key)) throw new RegistryError('key_taken', `the key ${key} is taken`);
        this.#blobs.set(key, { size: taken, blocks: kept });
        return { location: key, size: taken };
      } catch (error) {
        this.#used -= taken;
        throw error;
      }
    });
  }

  async read(location: string, options: ReadOptions = {}): Promise<Readable> {
    options.signal?.throwIfAborted();
    const blob = this.#find(location);
    const { start, length } = blobSpan(blob.size, options);
    const stream = Readable.from(cut(blob, start, start + length), { objectMode: false });
    return Promise.resolve(endOnAbort(stream, options.signal));
  }

  async stat(location: string): Promise<{ size: number }> {
    return Promise.resolve({ size: this.#find(location).size });
  }

  async remove(location: string): Promise<void> {
    this.#used -= this.#blobs.get(location)?.size ?? 0;
    this.#blobs.delete(location);
    return Promise.resolve();
  }

  async discard(key: string): Promise<void> {
    checkBlobKey(key);
    return this.remove(key);
  }

  async *list(): AsyncGenerator<ListedBlob> {
    for (const [key, { size }] of this.#blobs) yield await Promise.resolve({ key, location: key, size });
  }

  #find(location: string): Blob {
    const blob = this.#blobs.get(location);
    if (blob === undefined) throw new RegistryError('blob_not_found', `no blob ${location} in memory`);
    return blob;
  }

  #checkRoom(length: number): void {
    if (this.#used + length > this.#maxBytes) {
      throw new RegistryError(
        'store_full',
        `no room for ${length} bytes more in ${this.#maxBytes} bytes of memory`,
      );
    }
  }
}

function* cut(blob: Blob, start: number, stop: number): Generator<Buffer, void> {
  for (let at = start; at < stop;) {
    const from = at % BLOCK_SIZE;
    const block = blob.blocks[(at - from) / BLOCK_SIZE];
    if (block === undefined) throw new RegistryError('unavailable', 'a blob in memory has lost a block');
    const piece = block.subarray(from, Math.min(block.length, from + stop - at));
    at += piece.length;
    yield piece;
  }
}
