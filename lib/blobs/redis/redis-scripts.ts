/**
 * The book that a Redis store keeps of its blobs, in keys of one slot: KEYS 1 `whole` (hash: key → "bytes chunkSize"),
 * 2 `parts` (hash: key → "bytes chunks", of writes and removals under way), 3 `expiry` (sorted set: key of parts → ms
 * of Redis's clock until which its writer is alive, 0 when it is doomed), 4 `used` (bytes of all whole and parts).
 * ARGV 1 is always the blob's key, the last one the mark that the store must have (KEYS 5), empty when it is not known. The shebang needs Redis 7; `allow-oom` lets a full Redis give room back.
 */

/** What a script gives on a Redis that has lost the mark of its store, and so its data, or was never this store's. */
export const UNMARKED = 'unmarked';

const CHECK_MARK = `
if ARGV[#ARGV] ~= '' and redis.call('GET', KEYS[5]) ~= ARGV[#ARGV] then return '${UNMARKED}' end`;

/**
 * Gives the mark of the store (KEYS 5); puts `ARGV 2` if there is none, unless that is empty. False: there is none.
 */
export const MARK = `#!lua
local stands = redis.call('GET', KEYS[5])
if stands or ARGV[2] == '' then return stands end
redis.call('SET', KEYS[5], ARGV[2])
return ARGV[2]`;

/**
 * Begins or goes on with a write: takes `ARGV 2` bytes more, says that it has `ARGV 3` chunks and lives `ARGV 4` ms
 * more, within `ARGV 5` bytes of all. `ARGV 6` is 1 for the first call. Gives ok, full, lost or taken.
 */
export const HOLD = `#!lua${CHECK_MARK}
local alive = redis.call('ZSCORE', KEYS[3], ARGV[1])
if ARGV[6] == '1' then
  if alive or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'taken' end
elseif not alive or tonumber(alive) == 0 then
  return 'lost'
end
local used = tonumber(redis.call('GET', KEYS[4]) or '0')
if used + tonumber(ARGV[2]) > tonumber(ARGV[5]) then return 'full' end
local part = redis.call('HGET', KEYS[2], ARGV[1]) or '0 0'
local bytes = tonumber(string.match(part, '^%d+')) + tonumber(ARGV[2])
redis.call('INCRBY', KEYS[4], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], string.format('%d %d', bytes, tonumber(ARGV[3])))
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[3], string.format('%d', now + tonumber(ARGV[4])), ARGV[1])
return 'ok'`;

/** Makes parts a whole blob of `ARGV 2` bytes in chunks of `ARGV 3`. Gives ok or lost. */
export const COMMIT = `#!lua${CHECK_MARK}
local alive = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not alive or tonumber(alive) == 0 then return 'lost' end
local held = tonumber(string.match(redis.call('HGET', KEYS[2], ARGV[1]), '^%d+'))
redis.call('INCRBY', KEYS[4], string.format('%d', tonumber(ARGV[2]) - held))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 'ok'`;

/** Makes a blob, whole or in parts, unreadable and its writer fail. Gives the number of its chunks, -1: unknown. */
export const DOOM = `#!lua flags=allow-oom${CHECK_MARK}
local whole = redis.call('HGET', KEYS[1], ARGV[1])
if whole then
  local size, chunk = string.match(whole, '^(%d+) (%d+)$')
  redis.call('HSET', KEYS[2], ARGV[1], size .. ' ' .. string.format('%d', math.ceil(tonumber(size) / tonumber(chunk))))
  redis.call('HDEL', KEYS[1], ARGV[1])
end
local part = redis.call('HGET', KEYS[2], ARGV[1])
if not part then return -1 end
redis.call('ZADD', KEYS[3], 0, ARGV[1])
return tonumber(string.match(part, '%d+$'))`;

/** Ends the book-keeping of a doomed blob whose chunks are gone. */
export const DROP = `#!lua flags=allow-oom${CHECK_MARK}
local part = redis.call('HGET', KEYS[2], ARGV[1])
if part then
  redis.call('DECRBY', KEYS[4], string.match(part, '^%d+'))
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
end
return 'ok'`;

/** Keys of at most 100 parts that are doomed or whose writers have been silent for too long. */
export const EXPIRED = `#!lua flags=no-writes,allow-oom${CHECK_MARK}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[3], 0, string.format('%d', now), 'LIMIT', 0, 100)`;
