import { itSurvivesEveryStep } from '../support/life/points.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('a process that dies at a step, on Redis and disk', function () {
  this.timeout(120_000);
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itSurvivesEveryStep(() => ({ redis: redis.url }));
});
