import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { diskStore, memoryStore, redisStore } from '../../lib/index.js';
import { startRedis } from '../support/servers/redis.js';
import { itReplaysAll } from '../support/vectors/replay-suite.js';

const run = promisify(execFile);

describe('recorded exchanges with Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let folder: string;

  before(async () => {
    redis = await startRedis();
  });

  after(async () => {
    await redis.stop();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(os.tmpdir(), 'vectors-'));
    await run('redis-cli', ['-p', String(redis.port), 'flushall']);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const inMemory = (): Keyv => new Keyv({ throwOnErrors: true });
  const inRedis = (): Keyv => {
    const store = new KeyvRedis(redis.url, { throwOnErrors: true, throwOnConnectError: true });
    return new Keyv({ store, throwOnErrors: true });
  };

  describe('metadata and blobs in Redis', () => {
    itReplaysAll(() => ({ metadata: inRedis(), blobs: redisStore({ url: redis.url }) }));
  });

  describe('metadata and blobs in Redis, v2', () => {
    itReplaysAll(() => ({ metadata: inRedis(), blobs: redisStore({ url: redis.url }) }), undefined, 'v2');
  });

  describe('metadata in Redis, blobs on disk', () => {
    itReplaysAll(() => ({ metadata: inRedis(), blobs: diskStore({ path: folder }) }));
  });

  describe('metadata in Redis, blobs in memory', () => {
    itReplaysAll(() => ({ metadata: inRedis(), blobs: memoryStore() }));
  });

  describe('metadata in memory, blobs in Redis', () => {
    itReplaysAll(() => ({ metadata: inMemory(), blobs: redisStore({ url: redis.url }) }));
  });
});
