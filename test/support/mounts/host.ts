import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Keyv from 'keyv';
import type { BlobStore, ImageRegistryOptions, Logger } from '../../../lib/index.js';
import { devTokens, diskStore, memoryStore } from '../../../lib/index.js';
import { ImagesClient } from '../clients/images-client.js';
import { MOUNTS, serve, type Mount, type Served } from './serve.js';

export const ANN = 'ann:blue:member';
export const BOB = 'bob:green:member';
export const ADMIN = 'root:red:admin';

export interface Logged {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** A served registry with metadata in memory, and all that a test may want to look at behind its back. */
export class Host {
  readonly mount: Mount;
  readonly logged: Logged[] = [];
  readonly #options: Partial<ImageRegistryOptions>;
  readonly #onDisk: boolean;
  #served: Served | undefined;
  #folder = '';
  #blobs: BlobStore = memoryStore();

  constructor(
    mount: Mount = MOUNTS[0],
    blobs: 'memory' | 'disk' = 'memory',
    options: Partial<ImageRegistryOptions> = {},
  ) {
    const before: Mount['before'] = (app) => {
      // Otherwise Express prints the bad requests that its parsers refuse.
      app.set('env', 'test');
      mount.before(app);
    };
    this.mount = { ...mount, before };
    this.#onDisk = blobs === 'disk';
    this.#options = options;
  }

  /** Defines the hooks that start and stop it around the tests of a describe. */
  hooks(): this {
    before(() => this.start());
    after(() => this.stop());
    return this;
  }

  async start(): Promise<void> {
    if (this.#onDisk) {
      this.#folder = await mkdtemp(path.join(os.tmpdir(), 'host-'));
      this.#blobs = diskStore({ path: this.#folder });
    }
    const options = {
      metadata: new Keyv({ throwOnErrors: true }),
      blobs: this.#blobs,
      authenticate: devTokens(),
      logger: this.#logger(),
      ...this.#options,
    };
    this.#served = await serve(options, this.mount);
  }

  async stop(): Promise<void> {
    await this.#served?.close();
    if (this.#onDisk) await rm(this.#folder, { recursive: true, force: true });
  }

  get served(): Served {
    if (this.#served === undefined) throw new Error('the host is not started');
    return this.#served;
  }

  get url(): string {
    return this.served.url;
  }

  /** Where the disk store keeps its files. */
  get folder(): string {
    return this.#folder;
  }

  client(token: string | null = ANN): ImagesClient {
    return new ImagesClient(this.url, token);
  }

  /** Everything that lies in the blob store, staged files included. */
  async stored(): Promise<string[]> {
    const found: string[] = [];
    for await (const { location } of this.#blobs.list?.() ?? []) found.push(location);
    if (this.#onDisk) found.push(...(await readdir(path.join(this.#folder, 'staging'))));
    return found.sort();
  }

  #logger(): Logger {
    const at =
      (level: keyof Logger) =>
      (fields: object, message: string): void =>
        void this.logged.push({ level, fields, message });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}

/** Whether uploads reach the registry as a stream; express.raw() takes them whole before the registry sees them. */
export function streams(mount: Mount): boolean {
  return mount.name !== 'behind express.raw()';
}

/** Defines the same tests for every mount and, for each, blobs in memory and on disk. */
export function onEveryHost(
  title: string,
  options: Partial<ImageRegistryOptions>,
  define: (host: Host) => void,
): void {
  for (const mount of MOUNTS)
    for (const blobs of ['memory', 'disk'] as const)
      describe(`${title}, ${mount.name}, blobs: ${blobs}`, () => {
        define(new Host(mount, blobs, options).hooks());
      });
}

/** Defines the same tests once for every mount, with blobs in memory and on disk by turns. */
export function onEveryMount(
  title: string,
  options: Partial<ImageRegistryOptions>,
  define: (host: Host) => void,
): void {
  for (const [n, mount] of MOUNTS.entries())
    describe(`${title}, ${mount.name}`, () => {
      define(new Host(mount, n % 2 === 0 ? 'memory' : 'disk', options).hooks());
    });
}
