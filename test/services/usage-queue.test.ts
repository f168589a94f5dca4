import assert from 'node:assert/strict';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ImageCatalogue } from '../../lib/catalogue/image-catalogue.js';
import { storedBytes } from '../../lib/domain/blob-entries.js';
import { UsageBook } from '../../lib/catalogue/usage-book.js';
import { StorageQuota } from '../../lib/services/storage-quota.js';
import { UsageQueue } from '../../lib/services/usage-queue.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the usage of projects', () => {
  let space: PlainKeySpace;
  let catalogueSpace: CatalogueSpace;
  let book: UsageBook;

  beforeEach(async () => {
    space = new PlainKeySpace();
    catalogueSpace = new CatalogueSpace(space);
    await catalogueSpace.open();
    book = new UsageBook(catalogueSpace);
    space.before = turn;
  });

  const quotaOf = (limit: number): StorageQuota =>
    new StorageQuota({
      catalogue: new ImageCatalogue(catalogueSpace),
      usage: book,
      what: 'The images may have',
      bytesOf: storedBytes,
      limit,
      recountInterval: 3_600_000,
    });
  const room = (n: number) => ({ blob: `blob-${n}`, image: `image-${n}` });

  it('takes few commits, however many uploads of one project begin and end at once', async () => {
    const quota = quotaOf(1_000_000);
    await quota.check('blue', 1);
    space.resetCounts();
    await Promise.all(Array.from({ length: 800 }, (_, n) => quota.reserve('blue', room(n), 1000)));
    assert.ok(space.counts.commits <= 10, `${space.counts.commits} commits`);
    assert.equal(Object.keys((await book.get('blue'))?.pending ?? {}).length, 800);
    await Promise.all(Array.from({ length: 800 }, (_, n) => quota.settle('blue', `blob-${n}`, 900)));
    assert.ok(space.counts.commits <= 20, `${space.counts.commits} commits`);
    const { bytes, pending } = (await book.get('blue'))!;
    assert.deepEqual([bytes, pending], [800 * 900, {}]);
  });

  it('is held to the quota within one commit, too', async () => {
    const quota = quotaOf(5000);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => quota.reserve('blue', room(n), 1000)),
    );
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 5);
  });

  it('is counted once, however many find that it was never counted', async () => {
    const quota = quotaOf(1_000_000);
    await Promise.all(Array.from({ length: 100 }, (_, n) => quota.reserve('blue', room(n), 1000)));
    // One count, and the rooms.
    assert.ok(space.counts.commits <= 4, `${space.counts.commits} commits`);
  });

  it('lets processes come by in turn that change it at the same time', async () => {
    const processes = Array.from({ length: 4 }, () => quotaOf(1_000_000));
    await processes[0]!.check('blue', 1);
    space.resetCounts();
    await Promise.all(
      processes.flatMap((quota, p) =>
        Array.from({ length: 100 }, (_, n) => quota.reserve('blue', room(p * 100 + n), 1000)),
      ),
    );
    assert.equal(Object.keys((await book.get('blue'))?.pending ?? {}).length, 400);
    assert.ok(space.counts.commits <= 60, `${space.counts.commits} commits`);
  });

  it('does not hold up other projects', async () => {
    const queue = new UsageQueue(book);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let commits = 0;
    space.before = async (call) => {
      if (call === 'commit' && (commits += 1) === 1) await held;
    };
    const add = (owner: string) => queue.change(owner, (usage) => ((usage.bytes += 1), true));
    const slow = add('slow');
    await turn();
    const behind = add('slow');
    assert.equal(await add('other'), true);
    release();
    assert.deepEqual(await Promise.all([slow, behind]), [true, true]);
    assert.equal((await book.get('slow'))?.bytes, 2);
  });

  it('is not waited for by clients that have left', async () => {
    const queue = new UsageQueue(book);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    space.before = (call) => (call === 'commit' ? held : undefined);
    const add = (signal?: AbortSignal) => queue.change('blue', (usage) => ((usage.bytes += 1), true), signal);
    const first = add();
    await turn();
    const client = new AbortController();
    const gone = assert.rejects(add(client.signal), /gone/);
    const before = assert.rejects(add(AbortSignal.abort(new Error('gone before'))), /gone before/);
    const stays = add(new AbortController().signal);
    client.abort(new Error('gone'));
    await Promise.all([gone, before]);
    release();
    assert.deepEqual(await Promise.all([first, stays]), [true, true]);
    assert.equal((await book.get('blue'))?.bytes, 2);
  });

  it('goes on after a failure, which is told to those whom it concerns', async () => {
    const queue = new UsageQueue(book);
    let failing = true;
    space.before = (call) => {
      if (call === 'commit' && failing) throw new Error('down');
    };
    const add = () => queue.change('blue', (usage) => ((usage.bytes += 1), true));
    await Promise.all([assert.rejects(add(), /down/), assert.rejects(add(), /down/)]);
    failing = false;
    assert.equal(await add(), true);
    assert.equal((await book.get('blue'))?.bytes, 1);
  });
});
