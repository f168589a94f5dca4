import { createHash } from 'node:crypto';
import { isRegistryError } from '../../errors.js';
import type { RedisConnection } from '../../redis/redis-connection.js';

/** A Lua script that is sent by its digest, and as a whole only to a server that does not know it. */
export interface RedisScript {
  run(redis: RedisConnection, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

export function redisScript(text: string): RedisScript {
  const digest = createHash('sha1').update(text).digest('hex');
  return {
    run: async (redis, keys, args) => {
      const parameters = [String(keys.length), ...keys, ...args];
      try {
        return await redis.send(['EVALSHA', digest, ...parameters]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return redis.send(['EVAL', text, ...parameters]);
      }
    },
  };
}

/** A server forgets its scripts when it restarts; it answers before anything has changed. */
function isUnknownScript(error: unknown): boolean {
  return isRegistryError(error) && error.cause instanceof Error && error.cause.message.startsWith('NOSCRIPT');
}
