import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { createClient, type RedisClientType } from '@keyv/redis';
import { COMMIT, DOOM } from '../../lib/blobs/redis/redis-scripts.js';
import { redisStore } from '../../lib/blobs/redis/redis-store.js';
import { isRegistryError } from '../../lib/errors.js';
import type { BlobStore } from '../../lib/index.js';
import type { RedisClientLike } from '../../lib/redis/redis-client.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';

const CHUNK = Buffer.alloc(100, 'chunk');
const KEYS = ['whole', 'parts', 'expiry', 'used', 'mark'].map((name) => `{image-blobs}:${name}`);

/** Sends a command, with other arguments than it has if they are given. */
type Send = (...other: unknown[]) => Promise<unknown>;

const untouched = (_name: string, _args: readonly unknown[], send: Send): Promise<unknown> => send();
const unavailable = (error: unknown): boolean => isRegistryError(error, 'unavailable');

describe('redis store: what comes between two commands of a write or a removal', () => {
  let redis: TestRedis;
  let client: RedisClientType;
  let store: BlobStore;
  /** Called in the place of each command. */
  let around: typeof untouched;

  before(async () => {
    redis = await startRedis();
    client = createClient({ url: redis.url });
    await client.connect();
  });

  after(async () => {
    client.destroy();
    await redis.stop();
  });

  beforeEach(async () => {
    await client.flushAll();
    around = untouched;
    store = redisStore({
      client: watched(),
      chunkSize: CHUNK.length,
      stagingTtl: 1000,
      logger: new RecordingLog(),
    });
    await store.open?.();
  });

  function watched(): RedisClientLike {
    return {
      withCommandOptions: (options) =>
        new Proxy(client.withCommandOptions(options), {
          get: (target, name) => {
            const command: unknown = Reflect.get(target, name, target);
            if (typeof command !== 'function') return command;
            const send = async (args: unknown[]): Promise<unknown> =>
              (await Reflect.apply(command, target, args)) as unknown;
            return (...args: unknown[]) =>
              around(String(name), args, (...other) => send(other.length > 0 ? other : args));
          },
        }),
    };
  }

  const chunks = (): Promise<string[]> => client.keys('image-blobs:chunk:*');
  const nothingIsLeft = async (): Promise<void> => {
    assert.deepEqual(await chunks(), []);
    assert.deepEqual([await client.hLen(KEYS[1]!), await client.zCard(KEYS[2]!)], [0, 0]);
    assert.equal(Number(await client.get(KEYS[3]!)), 0);
  };
  /** Three chunks. @param last called before the last of them comes */
  const data = (last: () => Promise<void> = () => Promise.resolve()): Readable =>
    Readable.from(
      (async function* () {
        yield CHUNK;
        yield CHUNK;
        await last();
        yield CHUNK;
      })(),
      { objectMode: false },
    );

  it('fails when a chunk is lost before the last has come', async () => {
    const lost = data(async () => {
      await until('there is a chunk', async () => (await chunks()).length > 0);
      await client.del(await chunks());
    });
    await assert.rejects(store.write('key', lost), unavailable);
    await assert.rejects(store.stat('key'), { code: 'blob_not_found' });
    await nothingIsLeft();
  });

  it('lets chunks last only when no renewal of them is on its way', async () => {
    const events: string[] = [];
    let renewing = false;
    // However long this process stands still, nothing expires.
    const long = 600_000;
    around = async (name, [key, value], send) => {
      if (name === 'persist') events.push('persist');
      if (name === 'set') return send(key, value, { expiration: { type: 'PX', value: long } });
      if (name !== 'pExpire') return send();
      renewing = true;
      // Enough for all that would not wait for it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const reply = await send(key, long);
      events.push('renewed');
      return reply;
    };
    await store.write(
      'key',
      data(() => until('chunks are renewed', () => renewing)),
    );
    // A renewal that is not waited for is not over yet.
    assert.equal(events[0], 'renewed');
    assert.ok(events.lastIndexOf('renewed') < events.indexOf('persist'), events.join());
    for (const chunk of await chunks()) assert.equal(await client.pTTL(chunk), -1);
  });

  it('commits nothing that somebody else has doomed and not removed yet', async () => {
    around = async (name, args, send) => {
      // Another process takes the writer for dead.
      if (name === 'eval' && args[0] === COMMIT)
        await client.eval(DOOM, { keys: KEYS, arguments: ['key', ''] });
      return send();
    };
    await assert.rejects(store.write('key', data()), unavailable);
    await assert.rejects(store.stat('key'), { code: 'blob_not_found' });
    await nothingIsLeft();
  });

  it('takes no more of a write that somebody else has doomed', async () => {
    const sent: unknown[] = [];
    const doomed = data(async () => {
      await client.eval(DOOM, { keys: KEYS, arguments: ['key', ''] });
      around = (name, [key], send) => {
        if (name === 'set') sent.push(key);
        return send();
      };
    });
    await assert.rejects(store.write('key', doomed), unavailable);
    assert.deepEqual(sent, []);
    await nothingIsLeft();
  });

  it('knows of the chunks of a blob until they are removed', async () => {
    await store.write('key', data());
    around = (name, _args, send) => (name === 'unlink' ? Promise.reject(new Error('down')) : send());
    await assert.rejects(store.remove('key'), unavailable);
    await assert.rejects(store.stat('key'), { code: 'blob_not_found' });
    assert.equal((await chunks()).length, 3);
    around = untouched;
    // Which sweeps.
    await store.open?.();
    await nothingIsLeft();
  });
});
