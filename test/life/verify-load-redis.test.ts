import { itTakesNothingForAFault } from '../support/life/life-verify-load.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('verify takes nothing for a fault, on Redis and disk', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itTakesNothingForAFault(() => ({ redis: redis.url }), 100);
});
