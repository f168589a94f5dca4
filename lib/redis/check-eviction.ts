import { RegistryError, type ErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RedisConnection } from './redis-connection.js';

/**
 * Makes sure that Redis throws nothing away when its memory is full. What is said of a server is the same whatever is kept there.
 * @param refusal the code of the error for a server that would
 * @throws RegistryError of that code when `maxmemory-policy` is one of allkeys-*; those of the connection
 */
export async function checkEviction(
  redis: RedisConnection,
  logger: Logger,
  refusal: ErrorCode,
): Promise<void> {
  const memory = await askMemory(redis);
  if (memory === null) {
    logger.warn({}, 'Redis does not tell its maxmemory-policy: it must be noeviction');
    return;
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'unknown';
  if (policy === 'noeviction' || /^maxmemory:0\r?$/m.test(memory)) return;
  if (policy.startsWith('allkeys-')) {
    const text = `Redis throws data away when its memory is full: set maxmemory-policy to noeviction, not ${policy}`;
    throw new RegistryError(refusal, text);
  }
  logger.warn(
    { policy },
    `Redis may throw expiring data away, uploads under way: set maxmemory-policy to noeviction, not ${policy}`,
  );
}

/** Null when the server refuses to tell, for lack of permission or as a command it does not know. */
async function askMemory(redis: RedisConnection): Promise<string | null> {
  try {
    return await redis.text('look at its memory', (commands) => commands.info('memory'));
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && /^(ERR|NOPERM)\b/.test(cause.message)) return null;
    throw error;
  }
}
