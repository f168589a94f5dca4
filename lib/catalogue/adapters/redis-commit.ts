import { createHash } from 'node:crypto';
import { isRegistryError } from '../../errors.js';
import type { RedisConnection } from '../../redis/redis-connection.js';
import type { Change } from '../key-space.js';

/**
 * A record is a string: its revision, a space, its JSON. Rows go first: should the server refuse one of them (memory,
 * permissions), it refuses the first write of the script, and nothing has changed.
 */
const SCRIPT = `
local stored = redis.call('GET', KEYS[1])
local revision = '0'
if stored then revision = string.match(stored, '^%d+') end
if revision ~= ARGV[1] then return 0 end
local added = tonumber(ARGV[3])
for i = 4 + added, #ARGV do redis.call('ZREM', KEYS[2], ARGV[i]) end
for i = 4, 3 + added do redis.call('ZADD', KEYS[2], 0, ARGV[i]) end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1
`;

const DIGEST = createHash('sha1').update(SCRIPT).digest('hex');

/**
 * Carries out a change in one step of the server.
 * @param keys the keys of the record and of the rows
 * @returns false when the record's revision is not the expected one
 */
export async function redisCommit(
  redis: RedisConnection,
  keys: readonly [record: string, rows: string],
  { expected, value, addRows, removeRows }: Change,
): Promise<boolean> {
  const record = value === null ? '' : `${expected + 1} ${JSON.stringify(value)}`;
  const args = ['2', ...keys, String(expected), record, String(addRows.length), ...addRows, ...removeRows];
  try {
    return (await redis.send(['EVALSHA', DIGEST, ...args])) === 1;
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return (await redis.send(['EVAL', SCRIPT, ...args])) === 1;
  }
}

/** A server forgets its scripts when it restarts; it answers before anything has changed. */
function isUnknownScript(error: unknown): boolean {
  return isRegistryError(error) && error.cause instanceof Error && error.cause.message.startsWith('NOSCRIPT');
}
