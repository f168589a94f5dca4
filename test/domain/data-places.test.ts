import assert from 'node:assert/strict';
import { newBlob } from '../../lib/domain/blob-entries.js';
import { placesOf, storeOf } from '../../lib/domain/data-places.js';
import type { BlobEntry, Location } from '../../lib/domain/image.js';
import { publicImage } from '../../lib/domain/public-image.js';
import { sampleImage } from '../support/mounts/sample-images.js';

const blob = (store: string, changes: Partial<BlobEntry> = {}): BlobEntry => ({
  ...newBlob({ store, purpose: 'data', process: null, onFailure: 'none', owner: 'blue', reserved: 1 }),
  state: 'kept',
  location: store,
  ...changes,
});
const location = (url: string, changes: Partial<Location> = {}): Location => ({
  url,
  metadata: {},
  status: 'active',
  ...changes,
});

describe('where the data of an image lies', () => {
  const namesOf = (blobs: readonly BlobEntry[], locations: readonly Location[]): (string | null)[] =>
    placesOf({ blobs, locations }).map((place) => storeOf(place));

  it('is what is whole: neither what is written, nor what is to go, nor what waits to be imported', () => {
    const blobs = [
      blob('copy', { purpose: 'copy' }),
      blob('writing', { state: 'writing', location: null }),
      blob('doomed', { state: 'doomed' }),
      blob('staged', { purpose: 'staging' }),
      blob('data'),
    ];
    assert.deepEqual(namesOf(blobs, []), ['copy', 'data']);
  });

  it('is in own stores first, in the order of writing, then elsewhere', () => {
    const places = [location('http://a/'), location('http://b/', { store: 'web' })];
    assert.deepEqual(namesOf([blob('fast'), blob('slow')], places), ['fast', 'slow', null, 'web']);
  });

  it('is in the order that somebody has said, and what has come later is last', () => {
    const blobs = [blob('late', { purpose: 'copy' }), blob('second', { rank: 1 })];
    const places = [
      location('http://a/', { rank: 2, store: 'third' }),
      location('http://b/', { rank: 0, store: 'first' }),
    ];
    assert.deepEqual(namesOf(blobs, places), ['first', 'second', 'third', 'late']);
  });

  it('is told by the names of stores alone', () => {
    const image = {
      ...sampleImage(1),
      blobs: [blob('fast')],
      locations: [
        location('http://a/', { store: 'web' }),
        location('http://b/'),
        location('http://c/', { store: 'web' }),
      ],
    };
    assert.deepEqual(publicImage(image).stores, ['fast', 'web', 'web']);
    assert.ok(!JSON.stringify(publicImage(image)).includes('http'));
  });
});
