import assert from 'node:assert/strict';
import Keyv from 'keyv';
import {
  callerOf,
  createImageRegistry,
  memoryStore,
  none,
  RegistryError,
  type ErrorCode,
  type ImageRegistry,
  type ImageRegistryOptions,
} from '../../../lib/index.js';
import { RecordingLog } from '../recording-log.js';

export const ANN = callerOf({ user: 'ann', project: 'blue', roles: ['member'] }, 'req-ann');
export const MIA = callerOf({ user: 'mia', project: 'green', roles: ['member'] });
export const EVE = callerOf({ user: 'eve', project: 'black', roles: ['member'] });
export const ROOT = callerOf({ user: 'root', project: 'red', roles: ['admin'] });
export const READER = callerOf({ user: 'ron', project: 'blue', roles: [], readOnly: true });
export const FORMATS = { disk_format: 'raw', container_format: 'bare' } as const;

/** A registry in memory around the tests of a describe, without a server. */
export class FaceHost {
  #registry: ImageRegistry | undefined;
  readonly log = new RecordingLog();

  /** Defines the hooks that open and close it. */
  constructor(options: Partial<ImageRegistryOptions> = {}) {
    beforeEach(async () => {
      this.#registry = createImageRegistry({
        authenticate: none(),
        metadata: new Keyv({ throwOnErrors: true }),
        blobs: memoryStore(),
        sweepInterval: 0,
        logger: this.log,
        ...options,
      });
      await this.#registry.ready();
    });
    afterEach(() => this.#registry?.close());
  }

  get registry(): ImageRegistry {
    assert.ok(this.#registry);
    return this.#registry;
  }
}

/** Whether an error is a refusal of that kind, in words that name what is wrong. */
export function refusal(code: ErrorCode, words = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RegistryError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.publicText, words);
    return true;
  };
}

/** All bytes of a stream as text. */
export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}
