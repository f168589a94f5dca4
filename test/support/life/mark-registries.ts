import assert from 'node:assert/strict';
import { isRegistryError } from '../../../lib/errors.js';
import {
  createImageRegistry,
  none,
  type ImageRegistry,
  type ImageRegistryOptions,
  type Logger,
} from '../../../lib/index.js';

const quiet = (): void => undefined;

export const SILENT: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** The registries of a test, so that none is left open. */
export class MarkRegistries {
  readonly #made: ImageRegistry[] = [];

  /** One that is not open yet. */
  make(options: Partial<ImageRegistryOptions>): ImageRegistry {
    const registry = createImageRegistry({
      authenticate: none(),
      sweepInterval: 0,
      logger: SILENT,
      ...options,
    });
    this.#made.push(registry);
    return registry;
  }

  /** One that is ready. */
  async start(options: Partial<ImageRegistryOptions>): Promise<ImageRegistry> {
    const registry = this.make(options);
    await registry.ready();
    return registry;
  }

  /** Starts one once and closes it. */
  async once(options: Partial<ImageRegistryOptions>): Promise<void> {
    const registry = await this.start(options);
    await registry.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((registry) => registry.close()));
  }
}

/** Asserts that a call fails with `unavailable` in such words, or with such a cause. */
export async function isUnavailable(call: Promise<unknown>, words: RegExp): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(isRegistryError(error, 'unavailable'), String(error));
    assert.match(error.message, words);
    return true;
  });
}
