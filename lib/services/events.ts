import { EventEmitter } from 'node:events';
import type { Image } from '../domain/image.js';

/** An image as listeners get it: without what must not leave the registry. */
export type PublicImage = Omit<
  Image,
  'locations' | 'attempt' | 'scrub' | 'scrub_at' | 'scrub_tries' | 'store'
>;

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

export type RegistryEmitter = EventEmitter<RegistryEvents>;

/** The image without its locations, its claims and the names of its blobs. */
export function publicImage(image: Image): PublicImage {
  const hidden = new Set<string>(['locations', 'attempt', 'scrub', 'scrub_at', 'scrub_tries', 'store']);
  return Object.fromEntries(
    Object.entries(image).filter(([field]) => !hidden.has(field)),
  ) as unknown as PublicImage;
}
