import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { guard } from '../../lib/blobs/guard/guard.js';
import { memoryStore } from '../../lib/blobs/memory/memory-store.js';
import { CatalogueSpace } from '../../lib/catalogue/catalogue-space.js';
import { UsageBook } from '../../lib/catalogue/usage-book.js';
import { comeOrEnded } from '../../lib/services/copies.js';
import { askHook, type CreateIntent } from '../../lib/services/hooks.js';
import { Turns } from '../../lib/services/turns.js';
import { UsageQueue } from '../../lib/services/usage-queue.js';
import { startTimeLimit, within } from '../../lib/sources/http/time-limit.js';
import { PlainKeySpace } from '../support/catalogue/plain-key-space.js';
import { RecordingLog } from '../support/recording-log.js';

const LIMITS = { what: 'copies', all: 1, each: 1 };
const fails = (): Promise<never> => Promise.reject(new Error('failed'));

/** What listens to a signal of somebody who goes on when it is over: a client's connection, an upload. */
const WORK: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  'a turn that comes': async (signal) => {
    const turns = new Turns(LIMITS);
    const first = turns.enter('ann', signal);
    const second = turns.enter('ann', signal);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    first.end();
    await second.come;
  },
  'a turn that is left before it comes': async (signal) => {
    const turns = new Turns(LIMITS);
    await turns.enter('ann', signal).come;
    turns.enter('ann', signal).end();
  },
  'a copy whose turn has come': async (signal) => {
    await comeOrEnded(new Turns(LIMITS).enter('ann'), signal);
  },
  'a change of a usage': async (signal) => {
    const space = new CatalogueSpace(new PlainKeySpace());
    await space.open();
    const queue = new UsageQueue(new UsageBook(space));
    await queue.change('blue', (usage) => ((usage.bytes += 1), true), signal);
  },
  'a hook that agrees': (signal) => askHook(() => undefined, { signal } as CreateIntent),
  'a hook that refuses': (signal) => askHook(fails, { signal } as CreateIntent).catch(() => undefined),
  'work within a time': (signal) => within(60_000, 'it', signal, () => Promise.resolve()),
  'work that fails within a time': (signal) => within(60_000, 'it', signal, fails).catch(() => undefined),
  'a time limit that is ended': (signal) => {
    startTimeLimit(60_000, 'it', signal).end();
    return Promise.resolve();
  },
  'a write behind a guard': async (signal) => {
    const store = guard(memoryStore(), { name: 'main', log: new RecordingLog() });
    await store.write('key', Readable.from([Buffer.from('data')]), { signal });
  },
  'a write behind a guard that fails': async (signal) => {
    const store = guard({ ...memoryStore(), write: fails }, { name: 'main', log: new RecordingLog() });
    await assert.rejects(store.write('key', Readable.from([Buffer.from('data')]), { signal }));
  },
};

describe('a signal that outlives what it may end has no listener left of', () => {
  for (const [what, work] of Object.entries(WORK))
    it(what, async () => {
      const { signal } = new AbortController();
      await work(signal);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });
});
