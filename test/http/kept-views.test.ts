import assert from 'node:assert/strict';
import { publicImage } from '../../lib/domain/public-image.js';
import { KeptViews } from '../../lib/http/kept-views.js';
import { sampleImage } from '../support/mounts/sample-images.js';

describe('kept views of images', () => {
  function counted(): { readonly texts: KeptViews<string>; readonly made: () => number } {
    let made = 0;
    const texts = new KeptViews(({ id }, base) => {
      made += 1;
      return JSON.stringify({ id, base });
    });
    return { texts, made: () => made };
  }

  it('are made once for an image that is shared, and again for another address', () => {
    const { texts, made } = counted();
    const image = Object.freeze(publicImage(sampleImage(1)));
    assert.equal(texts.of(image, 'http://a'), JSON.stringify({ id: image.id, base: 'http://a' }));
    texts.of(image, 'http://a');
    assert.equal(made(), 1);
    assert.equal(texts.of(image, 'http://b'), JSON.stringify({ id: image.id, base: 'http://b' }));
    assert.equal(made(), 2);
  });

  it('are made each time for what only one caller sees', () => {
    const { texts, made } = counted();
    const image = publicImage(sampleImage(1));
    texts.of(image);
    texts.of(image);
    assert.equal(made(), 2);
  });
});
