import assert from 'node:assert/strict';
import Keyv from 'keyv';
import { keyvKeySpace } from '../../lib/catalogue/adapters/keyv-key-space.js';
import type { KeySpace, RecordValue } from '../../lib/catalogue/key-space.js';
import { isRegistryError } from '../../lib/errors.js';
import { keySpaceSuite, type KeySpaceSubject } from '../../lib/testing/key-space-suite.js';
import { RecordingLog } from '../support/recording-log.js';
import { until } from '../support/until.js';
import { FlakyStore, type Mood } from './flaky-store.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

/** The warnings are a test of their own. */
const quiet = new RecordingLog();
const framework = { describe, it, before, after };
const RANGE = { start: '', end: '\xff', limit: 100 };
const derive = (_key: string, value: RecordValue): string[] => value.rows as string[];
const opened = async (space: KeySpace): Promise<void> => {
  await space.open();
  await space.rebuild?.(derive);
};

/** A commit of a record with one row, named after it. */
const put = (space: KeySpace, key: string, expected = 0): Promise<boolean> =>
  space.commit({ key, expected, value: { rows: [key] }, addRows: [key], removeRows: [] });

const unavailable = (pattern: RegExp) => (error: unknown) => {
  assert.ok(isRegistryError(error, 'unavailable'), String(error));
  assert.match(error.message, pattern);
  return true;
};

describe('key space on any Keyv', () => {
  const overMap = (): KeySpaceSubject => {
    let medium = new Map<string, unknown>();
    const reopen = (): Promise<KeySpace> => Promise.resolve(keyvKeySpace(new Keyv({ store: medium })));
    return {
      create: () => {
        medium = new Map();
        return reopen();
      },
      reopen,
    };
  };
  keySpaceSuite(framework, 'in memory', overMap());

  const overFlaky = (mood: Mood): KeySpaceSubject => {
    let medium = new Map<string, unknown>();
    let store = new FlakyStore();
    const reopen = (): Promise<KeySpace> => {
      store = new FlakyStore(medium);
      return Promise.resolve(
        keyvKeySpace(new Keyv({ store, throwOnErrors: true }), { deadline: 300, logger: quiet }),
      );
    };
    const set = (now: Mood): Promise<void> => {
      store.mood = now;
      return Promise.resolve();
    };
    return {
      create: () => {
        medium = new Map();
        return reopen();
      },
      reopen,
      outage: { down: () => set(mood), up: () => set('works'), patience: 5_000 },
    };
  };
  keySpaceSuite(framework, 'in a store that fails now and then', overFlaky('fails'));
  keySpaceSuite(framework, 'in a store that hangs now and then', overFlaky('hangs'));

  describe('opening', () => {
    const refuses = (keyv: Keyv, reason: RegExp): Promise<void> =>
      assert.rejects(opened(keyvKeySpace(keyv)), unavailable(reason));

    it('refuses a Keyv that hides failures, and says what to set', async () => {
      await refuses(new Keyv({ store: new FlakyStore() }), /throwOnErrors: true/);
    });

    it('refuses a store that hides failures', async () => {
      const store = Object.assign(new FlakyStore(), { throwOnErrors: false });
      await refuses(new Keyv({ store, throwOnErrors: true }), /store.*throwOnErrors: true/);
      const other = Object.assign(new FlakyStore(), { opts: { url: '', throwOnConnectError: false } });
      await refuses(new Keyv({ store: other, throwOnErrors: true }), /throwOnConnectError: true/);
    });

    it('refuses a Keyv of version 6 whose errors are listened to', async () => {
      const store = new FlakyStore();
      const keyv = {
        store: { store },
        get: (key: string) => store.get(key),
        set: (key: string, value: unknown) => store.set(key, value),
        delete: (key: string) => store.delete(key),
        clear: () => store.clear(),
        listeners: (): unknown[] => [() => undefined],
      };
      await assert.rejects(opened(keyvKeySpace(keyv)), unavailable(/listeners/));
      await opened(keyvKeySpace({ ...keyv, listeners: () => [] }));
    });

    it('refuses a Keyv whose entries vanish', async () => {
      await refuses(new Keyv({ ttl: 1_000 }), /ttl/);
    });

    it('refuses a store that is down, or that keeps nothing', async () => {
      for (const mood of ['fails', 'refuses', 'hangs'] as const) {
        const store = new FlakyStore();
        store.mood = mood;
        const space = keyvKeySpace(new Keyv({ store, throwOnErrors: true }), {
          deadline: 100,
          logger: quiet,
        });
        await assert.rejects(opened(space), unavailable(/./));
        store.mood = 'works';
        await opened(space);
        assert.equal(await put(space, 'a'), true);
      }
      const forgetful = new FlakyStore();
      forgetful.set = () => Promise.resolve(true);
      await refuses(new Keyv({ store: forgetful, throwOnErrors: true }), /does not give back/);
    });

    it('warns once that there may be one process only, but not in memory', async () => {
      const logger = new RecordingLog();
      await opened(keyvKeySpace(new Keyv(), { logger }));
      assert.deepEqual(logger.warnings, []);
      await opened(keyvKeySpace(new Keyv({ store: new FlakyStore(), throwOnErrors: true }), { logger }));
      assert.equal(logger.warnings.length, 1);
      assert.match(logger.warnings.join(), /one process/);
    });

    it('rewrites a list that is mostly of removed records', async () => {
      const medium = new Map<string, unknown>();
      const open = async (): Promise<KeySpace> => {
        const space = keyvKeySpace(new Keyv({ store: medium }));
        await opened(space);
        return space;
      };
      const buckets = (): number => [...medium.keys()].filter((key) => key.includes('registry/keys/')).length;
      const first = await open();
      await put(first, 'stays');
      for (let turn = 0; turn < 1_200; turn++) {
        await put(first, 'comes-and-goes');
        await first.commit({
          key: 'comes-and-goes',
          expected: 1,
          value: null,
          addRows: [],
          removeRows: ['comes-and-goes'],
        });
      }
      assert.equal(buckets(), Math.ceil(1_201 / 64));
      await open();
      assert.equal(buckets(), 1);
      const last = await open();
      assert.deepEqual(await scan(last, RANGE), ['stays']);
    });
  });

  describe('a write of which nobody knows whether it happened', () => {
    let store: FlakyStore;
    let space: KeySpace;
    beforeEach(async () => {
      store = new FlakyStore();
      space = keyvKeySpace(new Keyv({ store, throwOnErrors: true }), { deadline: 200, logger: quiet });
      await opened(space);
      await put(space, 'k');
    });

    const change = (): Promise<boolean> =>
      space.commit({
        key: 'k',
        expected: 1,
        value: { rows: ['new'] },
        addRows: ['new'],
        removeRows: ['k'],
      });

    it('and that hangs keeps the next one waiting, so that it cannot undo it', async () => {
      store.onSet = (key) => (key.endsWith('record/k') ? 'hangs' : undefined);
      await assert.rejects(change(), unavailable(/./));
      store.onSet = () => undefined;
      assert.deepEqual(await scan(space, RANGE), ['k']);
      await assert.rejects(change(), unavailable(/./));
      assert.equal(await put(space, 'other'), true);
      store.mood = 'works';
      assert.equal(await change(), false);
      assert.deepEqual(await scan(space, RANGE), ['new', 'other']);
      assert.deepEqual(await space.get(['k']), [{ revision: 2, value: { rows: ['new'] } }]);
    });

    it('and that did not happen leaves no trace', async () => {
      store.onSet = (key) => (key.endsWith('record/k') ? 'refuses' : undefined);
      await assert.rejects(change(), unavailable(/acknowledge/));
      store.onSet = () => undefined;
      assert.deepEqual(await scan(space, RANGE), ['k']);
      assert.equal(await change(), true);
      assert.deepEqual(await scan(space, RANGE), ['new']);
    });

    it('fails a removal that is not acknowledged, and lets one pass of what is gone', async () => {
      const removal = { key: 'k', expected: 1, value: null, addRows: [], removeRows: ['k'] };
      store.mood = 'refuses';
      await assert.rejects(space.commit(removal), unavailable(/acknowledge/));
      store.mood = 'works';
      assert.deepEqual(await scan(space, RANGE), ['k']);
      const ordinary = store.delete.bind(store);
      store.delete = async (key) => !(await ordinary(key));
      assert.equal(await space.commit(removal), true);
      assert.deepEqual(await scan(space, RANGE), []);
    });

    it('fails a creation whose key could not be listed, and the record is not there', async () => {
      store.onSet = (key) => (key.includes('registry/keys/') ? 'fails' : undefined);
      await assert.rejects(put(space, 'unlisted'), unavailable(/./));
      store.onSet = () => undefined;
      assert.deepEqual(await space.get(['unlisted']), [undefined]);
      assert.equal(await put(space, 'unlisted'), true);
    });

    it('of the list of keys cannot undo a later one', async () => {
      store.onSet = (key) => (key.includes('registry/keys/') ? 'hangs' : undefined);
      await assert.rejects(put(space, 'hung'), unavailable(/./));
      store.onSet = () => undefined;
      const [early] = await Promise.allSettled([put(space, 'early')]);
      store.mood = 'works';
      const again = keyvKeySpace(new Keyv({ store, throwOnErrors: true }), { logger: quiet });
      await opened(again);
      assert.deepEqual(await scan(again, RANGE), early.status === 'fulfilled' ? ['early', 'k'] : ['k']);
      assert.equal(await put(space, 'late'), true);
      await opened(again);
      assert.ok((await scan(again, RANGE)).includes('late'));
    });

    it('is found out by the next scan when it happened without an answer', async () => {
      store.onSet = (key) => (key.endsWith('record/k') ? 'mute' : undefined);
      await assert.rejects(change(), unavailable(/./));
      assert.deepEqual(await scan(space, RANGE), ['new']);
      store.mood = 'works';
    });

    it('does not let commits of one record wait for each other longer than their deadline', async () => {
      store.mood = 'hangs';
      const start = performance.now();
      const calls = Array.from({ length: 30 }, () => assert.rejects(change(), unavailable(/./)));
      await until('the store is asked', () => store.waiting > 0);
      await Promise.all(calls);
      assert.ok(performance.now() - start < 3_000, '30 commits waited one after the other');
      store.mood = 'works';
    });
  });

  it('finishes a commit that was broken off when it had moved the fence', async () => {
    const medium = new Map<string, unknown>();
    const store = new FlakyStore(medium);
    const space = keyvKeySpace(new Keyv({ store, throwOnErrors: true }), { deadline: 200, logger: quiet });
    await opened(space);
    await put(space, 'k');
    const nextFence = { version: '1', lock: '' };
    const change = { key: 'k', expected: 1, value: { rows: ['new'] }, addRows: ['new'], removeRows: ['k'] };
    store.onSet = (key) => (key.endsWith('record/k') ? 'fails' : undefined);
    await assert.rejects(space.commit({ ...change, nextFence }), unavailable(/./));
    // Another process, as after a kill, and then the very one that failed.
    const again = keyvKeySpace(new Keyv({ store: new FlakyStore(medium), throwOnErrors: true }), {
      logger: quiet,
    });
    await opened(again);
    assert.deepEqual(await again.get(['k'], nextFence), [{ revision: 2, value: { rows: ['new'] } }]);
    assert.deepEqual(await again.scanMany([RANGE], nextFence), [['new']]);
    store.onSet = () => undefined;
    assert.deepEqual(await space.scanMany([RANGE], nextFence), [['new']]);
    assert.equal(await space.commit({ ...change, expected: 2, fence: nextFence }), true);
  });

  it('answers nothing before it is open, and after it is closed', async () => {
    const space = keyvKeySpace(new Keyv());
    await assert.rejects(scan(space, RANGE), unavailable(/not open/));
    await opened(space);
    await space.close();
    await assert.rejects(space.get(['k']), unavailable(/not open/));
    await assert.rejects(put(space, 'k'), unavailable(/not open/));
  });
});
