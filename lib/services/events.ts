import { EventEmitter } from 'node:events';
import type { Image } from '../domain/image.js';

/** An image as listeners get it: without what must not leave the registry. */
export type PublicImage = Omit<Image, 'locations' | 'attempt' | 'scrub' | 'store'>;

/**
 * What happened to images. `image.create` a record exists; `image.upload` its data was stored; `image.activate` it can be used;
 * `image.update` metadata changed; `image.delete` it is gone for its users; `image.send` its data was sent, whole or a
 * range of it.
 */
export interface RegistryEvents {
  'image.create': [PublicImage];
  'image.upload': [PublicImage];
  'image.activate': [PublicImage];
  'image.update': [PublicImage];
  'image.delete': [PublicImage];
  'image.send': [PublicImage, { readonly bytes: number }];
}

export type RegistryEmitter = EventEmitter<RegistryEvents>;

/** The image without its locations, its claims and the names of its blobs. */
export function publicImage(image: Image): PublicImage {
  const { locations: _locations, attempt: _attempt, scrub: _scrub, store: _store, ...shown } = image;
  return shown;
}
