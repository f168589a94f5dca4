import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isUsual, storedImage, wholeImage } from '../../lib/catalogue/image-record.js';
import type { BlobEntry, Image } from '../../lib/domain/image.js';
import { newImage } from '../../lib/domain/image-rules.js';
import * as filters from '../../lib/domain/filters.js';
import {
  imageChanges,
  sampleBlob,
  sampleId,
  sampleImage,
  sampleTime,
} from '../support/mounts/sample-images.js';

const ID = sampleId(1);

/** What is read of what was written as JSON. */
function again(image: Image): Image {
  return wholeImage(image.id, JSON.parse(JSON.stringify(storedImage(image))) as Record<string, unknown>);
}

/** An entry that differs from the usual one in anything. */
const blobChanges: fc.Arbitrary<Partial<BlobEntry>> = fc.record(
  {
    key: fc.constantFrom('', 'k', sampleId(2)),
    location: fc.constantFrom(null, '', 'k', 'a/k', 'k/', sampleId(2), `a0/${sampleId(2)}`),
    state: fc.constantFrom('writing', 'kept', 'doomed'),
    purpose: fc.constantFrom('data', 'staging', 'copy'),
    process: fc.constantFrom(null, sampleId(3)),
    onFailure: fc.constantFrom('killed', 'queued', 'none'),
    owner: fc.constantFrom(null, 'owner', 'one'),
    reserved: fc.constantFrom(0, 1, 77),
    due: fc.constantFrom(null, sampleTime(1)),
    tries: fc.constantFrom(0, 2),
    rank: fc.constantFrom(0, 1),
    before: fc.constant({ size: null, store: 'a' }),
    task: fc.constant(sampleId(4)),
    facts: fc.constant({ checksum: null, os_hash_algo: null, os_hash_value: null }),
  },
  { requiredKeys: [] },
);
const others: fc.Arbitrary<Partial<Image>> = fc.record(
  {
    protected: fc.boolean(),
    virtual_size: fc.constantFrom(null, 0, 1),
    checksum: fc.constantFrom(null, 'c'),
    os_hash_algo: fc.constantFrom(null, 'sha256', 'sha512'),
    os_hash_value: fc.constantFrom(null, 'h'),
    min_ram: fc.nat(1),
    min_disk: fc.nat(1),
    locations: fc.constantFrom([], [{ url: 'http://a', metadata: {}, status: 'active' as const }]),
    store: fc.constantFrom(null, 's'),
    message: fc.constantFrom(null, 'm'),
    updated_at: fc.constant(sampleTime(1)),
    deleted_at: fc.constantFrom(null, sampleTime(2)),
    memberOrder: fc.constant(['a']),
    tasks: fc.constant([]),
  },
  { requiredKeys: [] },
);

describe('the record of an image', () => {
  it('gives the image back as it was, whatever it is, its members in the same order', () => {
    fc.assert(
      fc.property(imageChanges, others, fc.array(blobChanges, { maxLength: 2 }), (some, more, entries) => {
        const blobs = entries.map((changes, n) => sampleBlob(n, changes));
        const image = sampleImage(1, { ...some, ...more, ...(blobs.length > 0 ? { blobs } : {}) });
        assert.deepEqual(again(image), JSON.parse(JSON.stringify(image)));
        const usual = Object.keys(sampleImage(1));
        assert.deepEqual(Object.keys(again(image)).slice(0, usual.length), usual);
      }),
      { numRuns: 500 },
    );
  });

  it('may be the image as a whole', () => {
    const blobs = [sampleBlob(2, { location: 'a/b', before: null }), sampleBlob(3, { owner: null })];
    const image = sampleImage(1, { owner: 'o', blobs, container_format: null, os_hash_algo: null });
    assert.deepEqual(wholeImage(image.id, { ...image }), image);
  });

  it('says nothing of what is usual, neither of a new image nor of its data', () => {
    const now = sampleTime(1);
    const caller = { project: 'p', user: 'u', roles: [], admin: false, readOnly: false };
    const made = newImage({
      ...{ id: ID, metadata: {}, caller, properties: {}, hasSource: false, now },
    });
    assert.deepEqual(storedImage(made), {
      ...{ status: 'queued', owner: 'p', container_format: null, os_hash_algo: null, created_at: now },
    });
    const key = sampleId(2);
    const blob = sampleBlob(2, {
      key,
      location: `ab/${key}`,
      onFailure: 'queued',
      owner: 'p',
      reserved: 9,
      before: null,
    });
    const active: Image = {
      ...made,
      status: 'active',
      size: 9,
      blobs: [blob],
      container_format: 'bare',
      os_hash_algo: 'sha512',
    };
    assert.deepEqual(storedImage(active), {
      ...{ owner: 'p', size: 9, created_at: now, blobs: [{ id: key, store: 'disk', under: 'ab/' }] },
    });
  });

  it('tells which members it may lack', () => {
    const isLacking = ({ member }: { readonly member?: Parameters<typeof isUsual>[0] }): boolean =>
      member !== undefined && isUsual(member);
    for (const filter of [
      filters.protectedIs(false),
      filters.numberIs('min_ram', 0),
      filters.numberBetween('min_disk', undefined, 5),
      filters.textIs('os_hash_algo', 'sha512'),
    ])
      assert.equal(isLacking(filter), true);
    for (const filter of [
      filters.protectedIs(true),
      filters.numberIs('min_ram', 1),
      filters.numberIs('virtual_size', 0),
      filters.numberBetween('min_disk', 1),
      filters.numberBetween('virtual_size'),
      filters.textIs('checksum', ''),
      filters.propertyIs('__proto__', 'a'),
      filters.propertyIs('toString', 'a'),
    ])
      assert.equal(isLacking(filter), false);
  });
});
