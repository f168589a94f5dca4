import type { RedisConnection } from '../../redis/redis-connection.js';
import { fenceText, requireFence } from '../fence.js';
import type { Change } from '../key-space.js';
import { redisScript } from './redis-script.js';

/**
 * A record is a string: its revision, a space, its JSON. Rows go first: should the server refuse one of them (memory,
 * permissions), it refuses the first write of the script, and nothing has changed.
 */
const COMMIT = redisScript(`
local fence = redis.call('GET', KEYS[3]) or ''
if ARGV[1] ~= '*' and ARGV[1] ~= fence then return fence end
local stored = redis.call('GET', KEYS[1])
local revision = '0'
if stored then revision = string.match(stored, '^%d+') end
if revision ~= ARGV[3] then return 0 end
local added = tonumber(ARGV[5])
for i = 6 + added, #ARGV do redis.call('ZREM', KEYS[2], ARGV[i]) end
for i = 6, 5 + added do redis.call('ZADD', KEYS[2], 0, ARGV[i]) end
if ARGV[4] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[4]) end
if ARGV[2] ~= '*' then redis.call('SET', KEYS[3], ARGV[2]) end
return 1
`);

/**
 * Carries out a change in one step of the server.
 * @returns false when the record's revision is not the expected one
 * @throws RegistryError `unavailable` when the fence is not the expected one
 */
export async function redisCommit(
  redis: RedisConnection,
  keys: { readonly record: string; readonly rows: string; readonly fence: string },
  { expected, value, addRows, removeRows, fence, nextFence }: Change,
): Promise<boolean> {
  const reply = await COMMIT.run(
    redis,
    [keys.record, keys.rows, keys.fence],
    [
      fence === undefined ? '*' : fenceText(fence),
      nextFence === undefined ? '*' : fenceText(nextFence),
      String(expected),
      value === null ? '' : `${expected + 1} ${JSON.stringify(value)}`,
      String(addRows.length),
      ...addRows,
      ...removeRows,
    ],
  );
  if (typeof reply === 'string') requireFence(reply, fence, 'commit');
  return reply === 1;
}
