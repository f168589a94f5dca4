import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { ProcessBook } from '../../lib/catalogue/process-book.js';
import { ADMINISTRATOR } from '../support/life/life-images.js';
import { MortalProcesses } from '../support/life/mortal-processes.js';
import { surviveLife } from '../support/life/rounds.js';
import { LifeStorage } from '../support/life/life-storage.js';
import { begun, SourceHost } from '../support/servers/source-host.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

describe('processes that are killed in the midst of life', function () {
  this.timeout(120_000);
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  it('leave nothing half done, on LMDB and disk', () => surviveLife('LMDB and disk', 5));

  it('leave nothing half done, on Redis and disk', () => surviveLife({ redis: redis.url }, 5));
});

describe('a copy of a process of which nobody knows whether it lives', function () {
  this.timeout(60_000);
  const source = new SourceHost().hooks();
  const processes = new MortalProcesses();

  after(() => processes.killAll());

  it('is ended after its own lease time', async () => {
    const storage = await LifeStorage.make('LMDB and disk');
    try {
      const held = source.hold('/data', Buffer.alloc(1_000_000));
      const { folder, medium } = storage;
      const id = randomUUID();
      const child = await processes.start({ folder, medium, deed: 'copy', id, source: held.url });
      await begun(held);
      await child.kill();
      // As if it had been on another host.
      const book = new ProcessBook(new CatalogueSpace(storage.space));
      const [process] = await book.list();
      assert.ok(process !== undefined);
      await book.put({ ...process, boot: 'of another host', leaseTime: 3_600_000 });
      const patient = await storage.open({ leaseTime: 0.05 });
      for (let sweeps = 0; sweeps < 3; sweeps += 1) assert.equal((await patient.sweep()).settled, 0);
      assert.equal((await patient.images.show(ADMINISTRATOR, id)).status, 'saving');
      assert.ok((await patient.verify()).ok);
      await book.put({ ...process, boot: 'of another host', leaseTime: 1000 });
      const hasty = await storage.open({ leaseTime: 1 });
      assert.equal((await hasty.sweep()).settled, 0);
      await until('it is ended', async () => (await hasty.sweep()).settled === 1);
      const { status, message, blobs } = await storage.record(id);
      assert.deepEqual([status, message], ['killed', 'The upload was interrupted.']);
      // It may yet come round: what it writes until then is removed, too.
      assert.deepEqual(
        blobs.map(({ state, process: writer }) => [state, writer]),
        [['doomed', null]],
      );
      assert.ok((await hasty.verify()).ok);
      assert.deepEqual([await storage.stored(), await storage.staged()], [[], []]);
      await until('its key is removed once more', async () => (await hasty.sweep()).scrubbed === 1);
      assert.deepEqual((await storage.record(id)).blobs, []);
    } finally {
      await storage.end();
    }
  });
});
