import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { keySpaceFor } from '../../lib/catalogue/adapters/key-space-for.js';
import { KeyvLmdb } from '../../lib/catalogue/adapters/keyv-lmdb.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { isRegistryError } from '../../lib/errors.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis } from '../support/servers/redis.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { FlakyStore } from './flaky-store.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

const put = async (space: KeySpace, key: string): Promise<void> => {
  await space.open();
  await space.rebuild?.(() => []);
  await space.commit({ key, expected: 0, value: {}, addRows: ['row'], removeRows: [] });
};

describe('the key space for an option', () => {
  it('is the option itself when that is one, held to the promises of the port', async () => {
    const space = new PlainKeySpace();
    const guarded = keySpaceFor(space, { deadline: 50 });
    await put(guarded, 'k');
    assert.deepEqual(space.rows, ['row']);
    assert.deepEqual(await scan(guarded, { start: 'a', end: 'z', limit: 1 }), ['row']);
    assert.equal((await guarded.get(['k']))[0]?.revision, 1);
    const isDown = (error: unknown): boolean => isRegistryError(error, 'unavailable');
    for (const fault of [() => Promise.reject(new Error('down')), () => new Promise<void>(() => undefined)]) {
      space.before = fault;
      await assert.rejects(guarded.get(['k']), isDown);
      await assert.rejects(put(guarded, 'j'), isDown);
    }
  });

  it('on KeyvLmdb is not made of entries of the Keyv, and another namespace is another space', async () => {
    const path = await mkdtemp(join(tmpdir(), 'key-space-for-'));
    for (const namespace of ['one', 'two']) {
      const keyv = new Keyv({ store: new KeyvLmdb({ path }), namespace });
      const space = keySpaceFor(keyv);
      await space.open();
      assert.deepEqual(await space.get(['k']), [undefined]);
      await put(space, 'k');
      assert.equal(await keyv.get('record/k'), undefined);
      await space.close();
      await keyv.disconnect();
    }
    await rm(path, { recursive: true });
  });

  it('on @keyv/redis is shared by all Keyvs on that server', async () => {
    const redis = await startRedis();
    const keyvs = [new Keyv(new KeyvRedis(redis.url)), new Keyv(new KeyvRedis(redis.url))] as const;
    const [one, two] = [keySpaceFor(keyvs[0]), keySpaceFor(keyvs[1])];
    await two.open();
    await put(one, 'k');
    assert.deepEqual(await scan(two, { start: '', end: '\xff', limit: 1 }), ['row']);
    for (const keyv of keyvs) await keyv.disconnect();
    await redis.stop();
  });

  it('on any other Keyv has its records as entries, and passes the options on', async () => {
    const keyv = new Keyv();
    await put(keySpaceFor(keyv), 'k');
    assert.equal(typeof (await keyv.get('record/k')), 'string');

    const logger = new RecordingLog();
    const store = new FlakyStore();
    const options = { logger, deadline: 50 };
    const space = keySpaceFor(new Keyv({ store, throwOnErrors: true }), options);
    await put(space, 'k');
    assert.equal(logger.warnings.length, 1);
    store.mood = 'hangs';
    await assert.rejects(
      space.get(['k']),
      (error) => isRegistryError(error, 'unavailable') && error.message.includes('50 ms'),
    );
    store.mood = 'works';
  });

  it('is refused for anything else, by the name of the option', () => {
    const nonsense: unknown[] = [
      null,
      undefined,
      'redis://localhost',
      1,
      {},
      [],
      new Map(),
      new KeyvLmdb({ path: '/x' }),
    ];
    for (const value of nonsense) {
      assert.throws(() => keySpaceFor(value as Keyv), /^TypeError: metadata: expected a Keyv/);
    }
  });
});
