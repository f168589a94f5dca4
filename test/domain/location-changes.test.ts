import assert from 'node:assert/strict';
import { placesOf, urlOf } from '../../lib/domain/data-places.js';
import type { BlobEntry, Image } from '../../lib/domain/image.js';
import { withLocationChange, type LocationRules } from '../../lib/domain/location-changes.js';
import type { LocationChange } from '../../lib/domain/new-location.js';
import { isRegistryError, RegistryError, type ErrorCode } from '../../lib/errors.js';
import { sampleBlob, sampleImage, sampleTime } from '../support/mounts/sample-images.js';

const RULES: LocationRules = {
  check: () => undefined,
  sizeAt: () => 9,
  requireRemovable: () => undefined,
  store: 'web',
  quota: 3,
  hashAlgorithm: 'sha256',
  now: sampleTime(9),
};
const QUEUED: Partial<Image> = { status: 'queued', size: null };
const HEX = 'ab'.repeat(32);

const at = (place: number | 'end', url: string, more: object = {}): LocationChange => ({
  op: 'add',
  at: place,
  location: { url, ...more },
});
const image = (changes: Partial<Image> = {}): Image => sampleImage(9, { size: 9, ...changes });
const change = (before: Image, ...changes: LocationChange[]): Image =>
  changes.reduce((next, one) => withLocationChange(next, one, RULES), before);
const urls = (after: Image): string[] => placesOf(after).map(urlOf);

function refuses(
  code: ErrorCode,
  before: Image,
  wanted: LocationChange,
  rules: Partial<LocationRules> = {},
): void {
  assert.throws(
    () => withLocationChange(before, wanted, { ...RULES, ...rules }),
    (error) => isRegistryError(error, code),
    JSON.stringify(wanted),
  );
}

describe('changes of locations', () => {
  it('make a queued image active, with the size that is found', () => {
    const after = change(image(QUEUED), at('end', 'http://a/'));
    assert.deepEqual([after.status, after.size, after.checksum], ['active', 9, null]);
    assert.deepEqual(after.locations, [
      { url: 'http://a/', metadata: {}, status: 'active', store: 'web', rank: 0 },
    ]);
  });

  it('put places between own data, which is removed when it is named no more', () => {
    const blobs = [sampleBlob(1), sampleBlob(2)];
    const own = blobs.map(({ id }) => `image-store://disk/${id}`);
    const mixed = change(image({ blobs }), at(1, 'http://a/'));
    assert.deepEqual(urls(mixed), [own[0], 'http://a/', own[1]]);
    const after = change(mixed, { op: 'remove', at: 0 });
    assert.deepEqual(urls(after), ['http://a/', own[1]]);
    assert.deepEqual(
      after.blobs.map(({ state, due }) => [state, due]),
      [
        ['doomed', RULES.now],
        ['kept', null],
      ],
    );
    const turned = change(after, {
      op: 'replace',
      locations: [...urls(after)].reverse().map((url) => ({ url, metadata: { n: 1, store: 'x' } })),
    });
    assert.deepEqual(urls(turned), [own[1], 'http://a/']);
    assert.deepEqual(turned.locations[0]?.metadata, { n: 1 });
  });

  it('leave alone what is written, staged or to go', () => {
    const others: BlobEntry[] = [
      sampleBlob(1, { state: 'doomed', due: sampleTime(3) }),
      sampleBlob(2, { purpose: 'staging' }),
      sampleBlob(3, { state: 'writing', location: null, purpose: 'copy' }),
    ];
    assert.deepEqual(
      change(image({ blobs: [...others, sampleBlob(4)] }), at(0, 'http://a/')).blobs.slice(0, 3),
      others,
    );
  });

  it('are refused for an image that is not ready', () => {
    for (const status of ['saving', 'deactivated', 'uploading', 'importing', 'killed'] as const)
      for (const wanted of [at('end', 'http://a/'), { op: 'remove', at: 0 }] as const)
        refuses('conflict', image({ status }), wanted);
    refuses('conflict', image(QUEUED), { op: 'remove', at: 0 });
    const waiting = sampleBlob(1, { state: 'writing', location: null });
    refuses('conflict', image({ ...QUEUED, blobs: [waiting] }), at('end', 'http://a/'));
    const copying = sampleBlob(1, { state: 'writing', location: null, purpose: 'copy' });
    refuses('conflict', image({ blobs: [sampleBlob(2), sampleBlob(3), copying] }), { op: 'remove', at: 0 });
    refuses('bad_request', image({ ...QUEUED, disk_format: null }), at('end', 'http://a/'));
  });

  it('are refused when the data is not the image’s, or not removable', () => {
    refuses('bad_request', image(), at('end', 'http://a/'), { sizeAt: () => 8 });
    refuses('bad_request', image(QUEUED), at('end', 'http://a/'), { sizeAt: () => 0 });
    const two = image({ blobs: [sampleBlob(1), sampleBlob(2)] });
    const requireRemovable = (): void => {
      throw new RegistryError('forbidden', 'no');
    };
    refuses('forbidden', two, { op: 'remove', at: 1 }, { requireRemovable });
    refuses('bad_request', two, { op: 'remove', at: 2 });
    refuses('bad_request', two, { op: 'replace', locations: [{ url: 'http://a/' }] });
    refuses('bad_request', two, {
      op: 'replace',
      locations: [{ url: `image-store://disk/${two.blobs[0]?.id}` }],
    });
    refuses('forbidden', two, { op: 'replace', locations: [] });
  });

  it('take what is known of the data while an image is queued', () => {
    const validation = { checksum: HEX.slice(0, 32), os_hash_algo: 'sha256', os_hash_value: HEX };
    const after = change(image(QUEUED), at('end', 'http://a/', { validation }));
    const { checksum, os_hash_algo, os_hash_value } = after;
    assert.deepEqual({ checksum, os_hash_algo, os_hash_value }, validation);
    change(after, at('end', 'http://b/', { validation }));
    const wrong = [
      { os_hash_value: HEX.replaceAll('a', 'c') },
      { checksum: 'ff'.repeat(16) },
      { os_hash_algo: 'sha512' },
      { os_hash_value: HEX.slice(1) },
      { checksum: 'x'.repeat(32) },
    ];
    for (const one of wrong)
      refuses('conflict', after, at('end', 'http://b/', { validation: { ...validation, ...one } }));
    refuses('conflict', image(), at('end', 'http://a/', { validation }));
    refuses(
      'conflict',
      image({ ...QUEUED, checksum: 'ff'.repeat(16) }),
      at('end', 'http://a/', { validation }),
    );
  });
});
