import type { PublicImage } from '../domain/image.js';

interface Text {
  readonly base: string;
  readonly text: string;
}

/**
 * One view of images as JSON, kept for images that are shared: a frozen one stands for what some callers see of one revision, so its text is as
 * good for all of them, and goes when it goes. What only this caller sees is not kept.
 */
export class ImageTexts {
  readonly #texts = new WeakMap<PublicImage, Text>();
  readonly #view: (image: PublicImage, base: string) => object;

  constructor(view: (image: PublicImage, base: string) => object) {
    this.#view = view;
  }

  /** @param base address of the mount as the client sees it; '' where the view has none */
  of(image: PublicImage, base = ''): string {
    const known = this.#texts.get(image);
    if (known?.base === base) return known.text;
    const text = JSON.stringify(this.#view(image, base));
    if (Object.isFrozen(image)) this.#texts.set(image, { base, text });
    return text;
  }
}
