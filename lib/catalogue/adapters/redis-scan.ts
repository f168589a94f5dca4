import type { RedisConnection } from '../../redis/redis-connection.js';
import { requireFence } from '../fence.js';
import type { Fence, RowKey, RowRange } from '../key-space.js';
import { redisScript } from './redis-script.js';

const SCAN = redisScript(`
local fence = redis.call('GET', KEYS[2]) or ''
if ARGV[1] ~= '*' and ARGV[1] ~= string.match(fence, '^%S*') then return fence end
local found = {}
for i = 2, #ARGV, 4 do
  found[#found + 1] = redis.call(ARGV[i], KEYS[1], ARGV[i + 1], ARGV[i + 2], 'LIMIT', 0, ARGV[i + 3])
end
return found
`);

/**
 * Reads several ranges of rows in one step of the server. Rows travel as UTF-8, whose order is the order of the code
 * points and so of the bytes that they stand for.
 * @throws RegistryError `unavailable` when the fence has another version
 */
export async function redisScan(
  redis: RedisConnection,
  keys: { readonly rows: string; readonly fence: string },
  ranges: readonly RowRange[],
  fence: Fence | undefined,
): Promise<RowKey[][]> {
  const args = ranges.flatMap(({ start, end, reverse, limit }) =>
    reverse === true
      ? ['ZREVRANGEBYLEX', `(${end}`, `[${start}`, String(limit)]
      : ['ZRANGEBYLEX', `[${start}`, `(${end}`, String(limit)],
  );
  const reply = await SCAN.run(redis, [keys.rows, keys.fence], [fence?.version ?? '*', ...args]);
  if (typeof reply === 'string') requireFence(reply, fence, 'read');
  return reply as RowKey[][];
}
