import { EventEmitter } from 'node:events';
import type { Image } from '../domain/image.js';
import type { Logger } from '../logger.js';

/** An image as listeners get it: without what must not leave the registry. */
export type PublicImage = Omit<Image, 'locations' | 'blobs' | 'store'>;

/**
 * What happened to images. `image.create` a record exists; `image.copy` so much
 * of its data has been copied; `image.upload` its data was stored; `image.activate` it can be used;
 * `image.update` metadata changed; `image.delete` it is gone for its users; `image.send` its data was sent, whole or a
 * range of it.
 */
export interface RegistryEvents {
  'image.create': [PublicImage];
  'image.upload': [PublicImage];
  'image.activate': [PublicImage];
  'image.update': [PublicImage];
  'image.delete': [PublicImage];
  'image.copy': [PublicImage, { readonly bytes: number; readonly size: number | null }];
  'image.send': [PublicImage, { readonly bytes: number }];
}

/** An emitter whose listeners cannot fail what they are told of: what they throw is logged. */
export class RegistryEmitter extends EventEmitter<RegistryEvents> {
  readonly #log: Pick<Logger, 'error'>;

  constructor(log: Pick<Logger, 'error'>) {
    super();
    this.#log = log;
  }

  /** Tells the listeners of an event. @returns whether there are any */
  tell<Name extends keyof RegistryEvents>(name: Name, ...told: RegistryEvents[Name]): boolean {
    try {
      // The types of Node's emitter do not follow a generic name.
      return (this as EventEmitter).emit(name, ...told);
    } catch (error) {
      this.#log.error({ err: error, event: name }, 'a listener failed');
      return true;
    }
  }
}

/** The image without where its data lies. */
export function publicImage({ locations: _l, blobs: _b, store: _s, ...shown }: Image): PublicImage {
  return shown;
}
