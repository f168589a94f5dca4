import type { RedisClientType } from '@keyv/redis';
import { withDeadline } from '../../deadline.js';
import { redisError } from './redis-connection.js';
import type { Warn } from '../warn.js';

/**
 * Connects a client of the store's own, which reconnects by itself later on.
 * @param deadline ms
 * @throws RegistryError `unavailable` or `store_denied`
 */
export async function connectRedis(url: string, deadline: number, warn: Warn): Promise<RedisClientType> {
  const { createClient } = await import('@keyv/redis');
  const client: RedisClientType = createClient({ url });
  const outage: { error: Error | null } = { error: null };
  client.on('ready', () => (outage.error = null));
  client.on('error', (error: Error) => {
    // One warning for each outage: the client tries again every two seconds at most.
    if (outage.error === null) warn(new Error('redis store: the connection is lost', { cause: error }));
    outage.error = error;
  });
  try {
    await withDeadline(client.connect(), deadline, 'connecting to Redis');
    return client;
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw redisError('connect', outage.error ?? error);
  }
}
