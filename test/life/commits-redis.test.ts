import { itCommitsNoMoreThanItMust } from '../support/catalogue/commit-suite.js';
import { startRedis, type TestRedis } from '../support/servers/redis.js';

describe('a registry with its metadata in Redis', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itCommitsNoMoreThanItMust(() => ({ redis: redis.url }));
});
