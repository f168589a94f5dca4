import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRegistryError } from '../../lib/errors.js';
import {
  decodeId,
  encodeId,
  encodeNumber,
  encodeText,
  encodeTime,
} from '../../lib/catalogue/row-encoding.js';
import { encodeValue, listingPrefix, termPrefix } from '../../lib/catalogue/listing-rows.js';
import { firstState, LAYOUT } from '../../lib/catalogue/row-set.js';
import { imageRows } from '../../lib/catalogue/rows.js';
import type { Member } from '../../lib/domain/image.js';
import {
  doomedBlob,
  sampleBlob,
  sampleId,
  sampleImage,
  sampleTime,
} from '../support/mounts/sample-images.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('\0', '\x01', 'a', '\xff', '\uffff', '\u{10ffff}'), maxLength: 4 }),
);

/** The order that an encoding must have, told as -1, 0 or 1. */
function sign<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isInternal(error: unknown): boolean {
  return isRegistryError(error, 'internal');
}

describe('row encoding', () => {
  it('keeps the order of UTF-8 bytes, whatever follows the text', () => {
    fc.assert(
      fc.property(text, text, fc.string({ unit: 'binary-ascii' }), (a, b, tail) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(sign(encodeText(a), encodeText(b)), expected);
        if (expected !== 0) assert.equal(sign(encodeText(a) + tail, encodeText(b)), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is made of bytes alone', () => {
    fc.assert(
      fc.property(text, (a) => {
        assert.ok(Array.from(encodeText(a)).every((char) => char.charCodeAt(0) <= 0xff));
      }),
    );
    assert.ok(Array.from(encodeText('\ud800x\udc00')).every((char) => char.charCodeAt(0) <= 0xff));
  });

  it('puts null before the empty text', () => {
    assert.ok(encodeValue('name', null) < encodeValue('name', ''));
  });

  it('keeps the order of numbers in 8 bytes', () => {
    const number = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.constantFrom(0, 255, 256, 2 ** 32 - 1, 2 ** 32));
    fc.assert(
      fc.property(number, number, (a, b) => {
        assert.equal(sign(encodeNumber(a), encodeNumber(b)), sign(a, b));
        assert.equal(encodeNumber(a).length, 8);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts numbers out of range as the nearest, and refuses NaN', () => {
    assert.equal(encodeNumber(-5), encodeNumber(0));
    assert.equal(encodeNumber(2 ** 63), encodeNumber(Number.MAX_SAFE_INTEGER));
    assert.equal(encodeNumber(Infinity), encodeNumber(Number.MAX_SAFE_INTEGER));
    assert.throws(() => encodeNumber(NaN), isInternal);
  });

  it('keeps the order of times in 8 bytes', () => {
    const digits = (from: number, to: number, width: number): fc.Arbitrary<string> =>
      fc.integer({ min: from, max: to }).map((n) => String(n).padStart(width, '0'));
    const time = fc
      .tuple(
        digits(1, 9999, 4),
        digits(1, 12, 2),
        digits(1, 31, 2),
        digits(0, 23, 2),
        digits(0, 59, 2),
        digits(0, 60, 2),
        digits(0, 999_999, 6),
      )
      .map(([y, m, d, h, min, s, us]) => `${y}-${m}-${d}T${h}:${min}:${s}.${us}`);
    const close = fc.nat(3_000_000).map((n) => sampleTime(n));
    fc.assert(
      fc.property(fc.oneof(time, close), fc.oneof(time, close), (a, b) => {
        assert.equal(sign(encodeTime(a), encodeTime(b)), sign(a, b));
        assert.equal(encodeTime(a).length, 8);
      }),
      { numRuns: 2000 },
    );
    assert.throws(() => encodeTime('2024-01-01T00:00:00Z'), isInternal);
  });

  it('keeps ids in 16 bytes, in their order, and reads them back', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (a, b) => {
        assert.equal(sign(encodeId(a), encodeId(b)), sign(a, b));
        assert.equal(encodeId(a).length, 16);
        assert.equal(decodeId(`anything${encodeId(a)}`), a);
      }),
    );
    assert.throws(() => encodeId('A0000000-0000-4000-8000-000000000000'), isInternal);
    assert.throws(() => encodeId('nothing'), isInternal);
  });

  it('keeps every row below 1 900 bytes, and does not count what is behind the 255th character', () => {
    for (const name of [
      '\u{1f4bf}'.repeat(255),
      '\0'.repeat(255),
      'x'.repeat(5000),
      '\u{1f4bf}'.repeat(5000),
    ]) {
      const rows = imageRows(sampleImage(1, { name, tags: [name], owner: name }), []);
      assert.ok(rows.length > 0 && rows.every((row) => row.length < 1900));
    }
    assert.ok(encodeText('\u{1f4bf}'.repeat(254)) < encodeText('\u{1f4bf}'.repeat(255)));
    assert.equal(encodeText('a'.repeat(255) + 'b'), encodeText('a'.repeat(256)));
  });

  it('gives an image 8 rows for each scope, twice as many when it is not active, and scopes rows of their own', () => {
    const image = sampleImage(1, {
      members: [sampleMember('p')],
      blobs: [
        doomedBlob(1, sampleTime(1)),
        sampleBlob(2, { state: 'writing', location: null, process: sampleId(9) }),
      ],
    });
    assert.equal(new Set(imageRows(image, [])).size, 3 * 8 + 2);
    assert.equal(new Set(imageRows({ ...image, status: 'saving' }, [])).size, 3 * 16 + 2);
    const owner = { kind: 'owner', project: 'p', visibility: 'public' } as const;
    const prefixes = [
      listingPrefix(owner, 'active', false, 'name'),
      listingPrefix({ ...owner, project: 'q' }, 'active', false, 'name'),
      listingPrefix({ ...owner, visibility: 'private' }, 'active', false, 'name'),
      listingPrefix({ kind: 'member', project: 'p', status: 'accepted' }, 'active', false, 'name'),
      listingPrefix({ kind: 'member', project: 'p', status: 'pending' }, 'active', false, 'name'),
      listingPrefix(owner, 'active', true, 'name'),
      listingPrefix(owner, 'queued', false, 'name'),
      listingPrefix(owner, 'active', false, 'status'),
    ];
    assert.equal(new Set(prefixes).size, prefixes.length);
    assert.equal(imageRows(image, []).filter((row) => row.startsWith(prefixes[3]!)).length, 1);
  });

  it('gives tags and indexed properties a row in the visibility and one in the owner scope', () => {
    const image = sampleImage(1, {
      tags: ['x', 'y', 'x'],
      properties: { os_distro: 'debian', os_version: null, other: 'z' },
      members: [sampleMember('p')],
    });
    const indexed = ['os_distro', 'os_version', 'architecture'];
    assert.equal(new Set(imageRows(image, indexed)).size, 3 * 8 + 2 * 4);
    assert.equal(imageRows({ ...image, owner: null }, indexed).length, 2 * 8 + 4);
    assert.equal(imageRows({ ...image, status: 'killed' }, indexed).length, 3 * 16);
    const [of, other] = [
      { kind: 'visibility', visibility: 'public' },
      { kind: 'owner', project: 'owner', visibility: 'public' },
    ] as const;
    const prefixes = [
      termPrefix({ kind: 'tag', tag: 'x' }, of, 'active', false),
      termPrefix({ kind: 'tag', tag: 'y' }, of, 'active', false),
      termPrefix({ kind: 'tag', tag: 'x' }, other, 'active', false),
      termPrefix({ kind: 'property', key: 'os_distro', value: 'debian' }, of, 'active', false),
      termPrefix({ kind: 'property', key: 'os_version', value: '' }, of, 'active', false),
    ];
    assert.equal(new Set(prefixes).size, prefixes.length);
    for (const prefix of prefixes)
      assert.equal(imageRows(image, indexed).filter((row) => row.startsWith(prefix)).length, 1);
  });

  it('gives an image at most 2 346 rows for listings, with 128 members, 128 tags and all indexed properties', () => {
    const { indexed } = firstState(LAYOUT).rows;
    const keys = Array.from({ length: 123 }, (_, n) => `key ${n}`);
    const image = sampleImage(1, {
      status: 'deactivated',
      members: Array.from({ length: 128 }, (_, n) => sampleMember(`project ${n}`)),
      tags: Array.from({ length: 128 }, (_, n) => `tag ${n}`),
      properties: Object.fromEntries([...keys, ...indexed].map((key) => [key, 'value'])),
    });
    assert.equal(new Set(imageRows(image, indexed)).size, 2346);
    assert.equal(new Set(imageRows({ ...image, status: 'active' }, indexed)).size, 130 * 8 + 2 * 133);
  });
});

function sampleMember(id: string): Member {
  return { id, can_share: false, status: 'accepted', created_at: sampleTime(0), updated_at: sampleTime(0) };
}
