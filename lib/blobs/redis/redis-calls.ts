import type { RedisClientType } from '@keyv/redis';
import { RegistryError, type ErrorCode } from '../../errors.js';
import { GuardedCalls, type GuardedCallsOptions } from '../../guarded-call.js';
import type { Logger } from '../../logger.js';
import { watchOutages } from '../../redis/watch-outages.js';

const CODES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^OOM\b/, 'store_full'],
  [/^(NOAUTH|WRONGPASS|NOPERM|READONLY)\b/, 'store_denied'],
];

/**
 * How the store's calls of Redis are guarded: their errors are `store_full`, `store_denied` or `unavailable`.
 * @param deadline of each call, ms
 */
export function redisCalls(
  deadline: number,
): Required<Pick<GuardedCallsOptions, 'describe' | 'codeOf'>> & { readonly deadline: number } {
  return {
    deadline,
    describe: (what) => `redis store: the attempt to ${what}`,
    codeOf: (error) => {
      const message = error instanceof Error ? error.message : '';
      return CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'unavailable';
    },
  };
}

/** An optional peer: only those install it who use it. */
async function loadRedis(): Promise<typeof import('@keyv/redis')> {
  try {
    return await import('@keyv/redis');
  } catch (cause) {
    throw new RegistryError('unavailable', 'redis store: run npm install @keyv/redis to use an address', {
      cause,
    });
  }
}

/**
 * Connects a client of the store's own, which reconnects by itself later on.
 * @param deadline ms
 * @throws RegistryError `unavailable` or `store_denied`
 */
export async function connectRedis(url: string, deadline: number, logger: Logger): Promise<RedisClientType> {
  const { createClient } = await loadRedis();
  const client: RedisClientType = createClient({ url });
  const outage = watchOutages(client, { logger, text: 'redis store: the connection is lost', begun: false });
  const calls = new GuardedCalls(redisCalls(deadline));
  try {
    await calls.run('connect', () => client.connect());
    return client;
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw calls.named('connect', outage.error ?? error);
  }
}
