import { itSweepsTogether } from '../support/life/life-janitors.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('two registries that sweep at once, on Redis and disk', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itSweepsTogether(() => ({ redis: redis.url }));
});
