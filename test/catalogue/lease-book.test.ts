import assert from 'node:assert/strict';
import { isRegistryError } from '../../lib/errors.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { LeaseBook, type Lease } from '../../lib/catalogue/lease-book.js';
import { PlainKeySpace } from '../support/plain-key-space.js';
import { sampleId, sampleImage } from '../support/sample-images.js';

function lease(attempt: string): Lease {
  return {
    image: sampleId(1),
    attempt,
    store: 'disk',
    key: `blob-${attempt}`,
    process: 'p',
    owner: null,
    counter: 0,
  };
}

describe('lease book', () => {
  let space: PlainKeySpace;
  let leases: LeaseBook;

  beforeEach(async () => {
    space = new PlainKeySpace();
    await new ImageCatalogue(space).open();
    leases = new LeaseBook(space);
  });

  afterEach(() => {
    assert.deepEqual(space.rows, space.derivedRows);
  });

  it('lists leases in pages, apart from images', async () => {
    await new ImageCatalogue(space).create(sampleImage(1, { scrub: [{ store: 's', key: 'k' }] }));
    for (const attempt of ['b-2', 'a-1', 'c']) await leases.put(lease(attempt));
    assert.deepEqual(await leases.list(), ['a-1', 'b-2', 'c'].map(lease));
    assert.deepEqual(await leases.list(undefined, 2), ['a-1', 'b-2'].map(lease));
    assert.deepEqual(await leases.list('a-1', 1), [lease('b-2')]);
    assert.deepEqual(await leases.list('c'), []);
  });

  it('counts up without touching a row, as often as it is asked', async () => {
    await leases.put(lease('a'));
    const before = space.changes.length;
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, () => leases.renew(lease('a')))),
      Array(20).fill(true),
    );
    assert.deepEqual(await leases.list(), [{ ...lease('a'), counter: 20 }]);
    const renewals = space.changes.slice(before);
    assert.equal(renewals.length, 20);
    assert.ok(renewals.every(({ addRows, removeRows }) => addRows.length + removeRows.length === 0));
  });

  it('tells a renewer that the lease is gone, and does not bring it back', async () => {
    await leases.put(lease('a'));
    await Promise.all([leases.remove('a'), leases.remove('a')]);
    assert.equal(await leases.renew(lease('a')), false);
    assert.deepEqual(await leases.list(), []);
    assert.deepEqual(space.rows, []);
  });

  it('removes a lease that is renewed at the same time', async () => {
    await leases.put(lease('a'));
    await Promise.all([leases.renew(lease('a')), leases.remove('a'), leases.renew(lease('a'))]);
    assert.deepEqual(await leases.list(), []);
  });

  it('refuses an attempt that is malformed or has a lease', async () => {
    const isInternal = (error: unknown): boolean => isRegistryError(error, 'internal');
    await leases.put(lease('a'));
    await assert.rejects(leases.put({ ...lease('a'), counter: 9 }), isInternal);
    for (const attempt of ['', 'A', 'a/b', 'a'.repeat(191)])
      await assert.rejects(leases.put(lease(attempt)), isInternal);
    assert.deepEqual(await leases.list(), [lease('a')]);
  });
});
