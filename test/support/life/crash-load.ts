import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, download, remove, reserve, upload, type Digest } from './crash-client.js';
import type { CrashRandom } from './crash-random.js';
import type { LifeStorage } from './life-storage.js';

/** What the clients know of an image. */
interface Known extends Digest {
  /** The upload was answered with success. */
  stored: boolean;
  /** A deletion was asked for. */
  deleting: boolean;
  /** The deletion was answered with success. */
  deleted: boolean;
}

const MIB = 1024 * 1024;
const LARGEST = 4 * MIB;
const PIECES = [1000, 16 * 1024, 64 * 1024, MIB];

/** Clients that create, fill and delete images until their server is gone, and know what they were promised. */
export class CrashLoad {
  readonly #random: CrashRandom;
  readonly #known = new Map<string, Known>();
  #begun = 0;

  constructor(random: CrashRandom) {
    this.#random = random;
  }

  /** Uploads that were begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Works with several clients at once until the server does not answer any more. */
  async run(url: string, clients: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.#client(url)));
  }

  /** Compares what the storage holds with what the clients were told, and downloads what is active. */
  async faults(url: string, storage: LifeStorage): Promise<string[]> {
    const faults: string[] = [];
    for (const [id, known] of this.#known) {
      const status = (await storage.image(id))?.status;
      const fault = (text: string): void => void faults.push(`image ${id} (${status ?? 'none'}) ${text}`);
      if (known.deleted && status !== 'deleted') fault('was deleted');
      if (status === 'deleted' && !known.deleting) fault('was not deleted by anyone');
      if (known.stored && !known.deleting && status !== 'active') fault('was stored');
      if (status === 'active') {
        const { size, md5 } = await download(url, id);
        if (size !== known.size || md5 !== known.md5) fault(`has ${size} of ${known.size} bytes, md5 ${md5}`);
      }
    }
    return faults;
  }

  async #client(url: string): Promise<void> {
    for (;;) {
      const status = this.#random.whole(1, 4) === 1 ? await this.#delete(url) : await this.#upload(url);
      if (status === null) return;
    }
  }

  async #upload(url: string): Promise<number | null> {
    const id = randomUUID();
    const size = this.#random.pick([0, 1, this.#random.whole(2, MIB), this.#random.whole(MIB, LARGEST)]);
    const data = randomBytes(size);
    const known = { ...digestOf(data), stored: false, deleting: false, deleted: false };
    this.#known.set(id, known);
    const reserved = this.#random.whole(1, 4) === 1;
    if (reserved && (await reserve(url, id)) === null) return null;
    this.#begun += 1;
    // A length of 0 says that there is no data.
    const length = size > 0 && this.#random.whole(0, 1) === 1 ? { length: size } : {};
    const status = await upload({ url, id, reserved, ...length }, data, this.#random.pick(PIECES));
    known.stored = status === 200 || status === 201;
    return status;
  }

  /** Deletes any image, also one whose upload is under way. */
  async #delete(url: string): Promise<number | null> {
    await sleep(this.#random.whole(0, 20));
    const living = [...this.#known].filter(([, { deleting }]) => !deleting);
    if (living.length === 0) return 0;
    const [id, known] = this.#random.pick(living);
    known.deleting = true;
    const status = await remove(url, id);
    known.deleted = status === 200;
    return status;
  }
}
