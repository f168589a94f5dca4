import { itCommitsNoMoreThanItMust } from '../support/commit-suite.js';
import { startRedis, type TestRedis } from '../support/redis.js';

describe('a registry with its metadata in Redis', () => {
  let redis: TestRedis;

  before(async () => {
    redis = await startRedis();
  });

  after(() => redis.stop());

  itCommitsNoMoreThanItMust(() => ({ redis: redis.url }));
});
