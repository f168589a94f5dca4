import type { PublicImage } from '../domain/image.js';

interface Kept<View> {
  readonly base: string;
  readonly view: View;
}

/**
 * One view of images, such as its JSON, kept for images that are shared: a frozen one stands for what some callers see of one revision, so its view
 * is as good for all of them, and goes when it goes. What only this caller sees is not kept.
 */
export class KeptViews<View> {
  readonly #views = new WeakMap<PublicImage, Kept<View>>();
  readonly #make: (image: PublicImage, base: string) => View;

  constructor(make: (image: PublicImage, base: string) => View) {
    this.#make = make;
  }

  /** @param base address of the mount as the client sees it; '' where the view has none */
  of(image: PublicImage, base = ''): View {
    const kept = this.#views.get(image);
    if (kept?.base === base) return kept.view;
    const view = this.#make(image, base);
    if (Object.isFrozen(image)) this.#views.set(image, { base, view });
    return view;
  }
}
