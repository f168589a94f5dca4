import { RegistryError } from '../../errors.js';
import type { RedisConnection } from './redis-connection.js';
import type { Warn } from '../warn.js';

/**
 * Makes sure that Redis does not throw blobs away when its memory runs out.
 * @throws RegistryError `store_denied` when it would (`maxmemory-policy` allkeys-*); `unavailable`
 */
export async function checkEviction(redis: RedisConnection, warn: Warn): Promise<void> {
  let config: Record<string, string>;
  try {
    config = await redis.text('ask for the eviction policy', (commands) => commands.configGet('maxmemory*'));
  } catch (error) {
    // Hosted servers refuse CONFIG, for lack of permission or as a command they do not know.
    const refused =
      error instanceof Error && error.cause instanceof Error && /^(ERR|NOPERM)\b/.test(error.cause.message);
    if (!refused) throw error;
    warn(
      new Error('redis store: cannot tell whether this Redis evicts blobs, it must not', { cause: error }),
    );
    return;
  }
  const policy = config['maxmemory-policy'] ?? 'unknown';
  if (config.maxmemory === '0' || policy === 'noeviction') return;
  if (policy.startsWith('allkeys-')) {
    throw new RegistryError('store_denied', `redis store: maxmemory-policy ${policy} would evict blobs`);
  }
  warn(
    new Error(`redis store: maxmemory-policy ${policy} may evict uploads under way, noeviction is better`),
  );
}
