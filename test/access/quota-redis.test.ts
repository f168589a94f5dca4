import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { itHoldsQuotasInRaces } from '../support/access/quota.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('the storage quota in races, metadata in Redis', () => {
  let redis: TestRedis;
  let keyv: Keyv;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  itHoldsQuotasInRaces(() => (keyv = new Keyv(new KeyvRedis(redis.url), { namespace: crypto.randomUUID() })));

  // The registry leaves a connection alone that it was given.
  afterEach(() => keyv.disconnect());
});
