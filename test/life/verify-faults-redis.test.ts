import { itFindsFaults } from '../support/life/life-verify-suite.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('verify, on Redis and disk', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itFindsFaults(() => ({ redis: redis.url }));
});
