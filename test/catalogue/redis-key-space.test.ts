import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import KeyvRedis, { createClient, createKeyv } from '@keyv/redis';
import Keyv from 'keyv';
import { redisKeySpace } from '../../lib/catalogue/adapters/redis-key-space.js';
import type { KeySpace } from '../../lib/catalogue/key-space.js';
import { isRegistryError } from '../../lib/errors.js';
import { keySpaceSuite, type KeySpaceOutage } from '../../lib/testing/key-space-suite.js';
import { RecordingLog } from '../support/recording-log.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';
import { until } from '../support/until.js';
import { Wire } from '../support/servers/wire.js';
import { scan } from '../../lib/testing/key-space/sample-records.js';

const RANGE = { start: '', end: '\xff', limit: 100 };

describe('key space on Redis', () => {
  let redis: TestRedis;
  let opened: Keyv[] = [];
  let spaces: KeySpace[] = [];
  let count = 0;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  afterEach(async () => {
    await Promise.all(spaces.map((space) => space.close()));
    spaces = [];
    await Promise.all(opened.map((keyv) => keyv.disconnect()));
    opened = [];
  });

  const keyvFor = (namespace: string | undefined, url = redis.url): Keyv => {
    const keyv = new Keyv(new KeyvRedis(url), namespace === undefined ? {} : { namespace });
    opened.push(keyv);
    return keyv;
  };
  const spaceFor = (keyv: Keyv, deadline = 1_000): KeySpace => {
    const space = redisKeySpace(keyv, { deadline, logger: new RecordingLog() });
    spaces.push(space);
    return space;
  };
  const openFor = async (keyv: Keyv, deadline = 1_000): Promise<KeySpace> => {
    const space = spaceFor(keyv, deadline);
    await space.open();
    return space;
  };
  const put = (space: KeySpace, key: string, expected = 0): Promise<boolean> =>
    space.commit({ key, expected, value: { key }, addRows: [key], removeRows: [] });
  const keysOf = async (): Promise<string[]> => {
    const client = createClient({ url: redis.url });
    await client.connect();
    const keys = await client.keys('*');
    await client.close();
    return keys.sort();
  };
  const unavailable = (error: unknown): boolean => isRegistryError(error, 'unavailable');

  const suite = (name: string, outage: KeySpaceOutage): void => {
    const onData = (): Promise<KeySpace> => Promise.resolve(spaceFor(keyvFor(`suite-${count}`)));
    keySpaceSuite({ describe, it, before, after }, name, {
      create: () => {
        count++;
        return onData();
      },
      reopen: onData,
      another: onData,
      outage,
    });
  };
  suite('with a server that dies', { down: () => redis.kill(), up: () => redis.start(), patience: 5_000 });
  suite('with a server that hangs', {
    down: () => {
      redis.pause();
      return Promise.resolve();
    },
    up: () => {
      redis.resume();
      return Promise.resolve();
    },
    patience: 5_000,
  });

  describe('its keys', () => {
    beforeEach(async () => {
      await redis.kill();
      await redis.stop();
      redis = await startRedis();
    });

    it('have the namespace of the Keyv as their hash tag, image-registry when it has none', async () => {
      const keyv = createKeyv(redis.url);
      opened.push(keyv);
      await put(await openFor(keyv), 'a/1');
      assert.deepEqual(await keysOf(), ['{image-registry}:record:a/1', '{image-registry}:rows']);
    });

    it('have one tag whatever the namespace is, and another one for each', async () => {
      const namespaces = ['a', '{a}', 'a}', 'a%7d', 'a:b', 'ü', '}{'];
      const spaces = await Promise.all(namespaces.map((namespace) => openFor(keyvFor(namespace))));
      for (const space of spaces) assert.equal(await put(space, 'k'), true);
      const keys = await keysOf();
      assert.equal(keys.length, 2 * namespaces.length);
      for (const key of keys) assert.match(key, /^\{[^{}]+\}:(rows|record:k)$/);
      for (const space of spaces) assert.deepEqual(await scan(space, RANGE), ['k']);
    });

    it('are all gone when all records are', async () => {
      const space = await openFor(keyvFor('gone'));
      await put(space, 'k');
      await space.commit({ key: 'k', expected: 1, value: null, addRows: [], removeRows: ['k'] });
      assert.deepEqual(await keysOf(), []);
    });
  });

  describe('its client', () => {
    it('may be connected already or not, and is not closed', async () => {
      const client = createClient({ url: redis.url });
      await client.connect();
      const keyv = new Keyv(new KeyvRedis(client));
      opened.push(keyv);
      for (const each of [keyv, keyvFor('fresh')]) {
        const space = await openFor(each);
        await put(space, 'k');
        await space.close();
        await assert.rejects(space.get(['k']), unavailable);
        await each.set('ordinary', 'entry');
        assert.equal(await each.get('ordinary'), 'entry');
      }
      assert.equal(client.isOpen, true);
    });

    it('may be set to give Buffers, or to speak RESP 3', async () => {
      const buffers = createClient({ url: redis.url, commandOptions: { typeMapping: { 36: Buffer } } });
      const modern = createClient({ url: redis.url, RESP: 3 });
      for (const [index, client] of [buffers, modern].entries()) {
        const keyv = new Keyv(new KeyvRedis<string>(client as ReturnType<typeof createClient>), {
          namespace: `client-${index}`,
        });
        opened.push(keyv);
        const space = await openFor(keyv);
        assert.equal(await put(space, 'k'), true);
        assert.deepEqual(await space.get(['k']), [{ revision: 1, value: { key: 'k' } }]);
        assert.deepEqual(await scan(space, RANGE), ['k']);
      }
    });

    it('is refused when it is that of a cluster, or none of Redis', () => {
      const cluster = new Keyv(new KeyvRedis({ rootNodes: [{ url: redis.url }] }));
      assert.throws(() => redisKeySpace(cluster), /^TypeError: metadata: .*Cluster/);
      assert.throws(() => redisKeySpace(new Keyv()), /^TypeError: metadata: /);
    });

    it('commits although the server has forgotten the script', async () => {
      const space = await openFor(keyvFor('script'));
      await put(space, 'k');
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.scriptFlush();
      assert.equal(await put(space, 'k', 1), true);
      await client.close();
    });
  });

  describe('an outage', () => {
    it('at opening is told in time, without the password, and over when it is over', async () => {
      await redis.kill();
      const url = redis.url.replace('//', '//user:geheim@');
      const errors: unknown[] = [];
      const keyv = keyvFor('late', url);
      keyv.on('error', (error: unknown) => errors.push(error));
      const space = spaceFor(keyv, 300);
      await assert.rejects(space.open(), (error) => {
        assert.ok(unavailable(error));
        assert.doesNotMatch(inspect(error), /geheim/);
        return true;
      });
      await redis.start();
      await assert.rejects(space.open(), unavailable, 'the password is wrong');
    });

    it('at opening does not spoil the key space', async () => {
      await redis.kill();
      const space = spaceFor(keyvFor('late'), 300);
      await assert.rejects(space.open(), unavailable);
      await redis.start();
      await until('it opens', () =>
        space.open().then(
          () => true,
          () => false,
        ),
      );
      assert.equal(await put(space, 'k'), true);
    });

    it('a client that does not reconnect by itself is connected again', async () => {
      const client = createClient({ url: redis.url, socket: { reconnectStrategy: false } });
      const keyv = new Keyv(new KeyvRedis(client), { namespace: 'stubborn' });
      opened.push(keyv);
      const space = await openFor(keyv);
      await put(space, 'k');
      await redis.kill();
      await assert.rejects(space.get(['k']), unavailable);
      await redis.start();
      await until('it reads', () =>
        space.get(['k']).then(
          ([record]) => record?.revision === 1,
          () => false,
        ),
      );
    });

    it('a commit that failed while the connection was lost is not carried out later', async () => {
      const wire = new Wire(redis.port);
      await wire.connect();
      const space = await openFor(keyvFor('queue', wire.url), 300);
      await put(space, 'k');
      await wire.cut();
      for (let call = 0; call < 3; call++) await assert.rejects(put(space, 'k', 1), unavailable);
      await wire.connect();
      await until('it commits', () =>
        put(space, 'other').then(
          () => true,
          () => false,
        ),
      );
      assert.deepEqual(await space.get(['k']), [{ revision: 1, value: { key: 'k' } }]);
      await wire.cut();
    });
  });

  it('is refused when a full server would throw records away', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.configSet({ maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' });
    try {
      const logger = new RecordingLog();
      const space = redisKeySpace(keyvFor('evicted'), { logger });
      await assert.rejects(space.open(), /noeviction/);
      await client.configSet({ 'maxmemory-policy': 'volatile-lru' });
      await space.open();
      assert.match(logger.warnings.join(), /^Redis may throw .* volatile-lru$/);
    } finally {
      await client.configSet({ maxmemory: '0', 'maxmemory-policy': 'noeviction' });
      await client.close();
    }
  });

  it('a full server refuses commits and still reads', async () => {
    const space = await openFor(keyvFor('full'));
    await put(space, 'k');
    const client = createClient({ url: redis.url });
    await client.connect();
    await client.configSet({ maxmemory: '1mb' });
    try {
      await assert.rejects(put(space, 'more'), unavailable);
      assert.deepEqual(await space.get(['k', 'more']), [{ revision: 1, value: { key: 'k' } }, undefined]);
      assert.deepEqual(await scan(space, RANGE), ['k']);
    } finally {
      await client.configSet({ maxmemory: '0' });
      await client.close();
    }
  });
});
