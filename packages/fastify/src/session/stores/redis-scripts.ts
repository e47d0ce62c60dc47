/** A list that lasts as long as its longest member. KEYS[n]: list. */
const keepList = (key: string): string => `
local last = redis.call('ZRANGE', ${key}, -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', ${key}, last[2])`;

/** Keeps and counts a new session until its end. KEYS: session, list. ARGV: now, end, id, then fields and values. */
export const insertScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('ERR the session exists') end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
${keepList('KEYS[2]')}`;

/** Replaces the sealed record of the expected version. KEYS: session. ARGV: version, sealed. */
export const updateScript = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1`;

/** Moves last seen and end, never back. KEYS: session, list. ARGV: last seen, end, id. */
export const touchScript = `
local old = redis.call('HMGET', KEYS[1], 'seen', 'end')
if not old[1] then return 0 end
local seen = string.format('%.0f', math.max(tonumber(old[1]), tonumber(ARGV[1])))
local over = string.format('%.0f', math.max(tonumber(old[2]), tonumber(ARGV[2])))
redis.call('HSET', KEYS[1], 'seen', seen, 'end', over)
redis.call('PEXPIREAT', KEYS[1], over)
redis.call('ZADD', KEYS[2], over, ARGV[3])
${keepList('KEYS[2]')}
return 1`;

/** Deletes a session; gives back its indexes. KEYS: session, list. ARGV: id. */
export const removeScript = `
local old = redis.call('HMGET', KEYS[1], 'subject', 'provider')
if redis.call('DEL', KEYS[1]) == 0 then return false end
redis.call('ZREM', KEYS[2], ARGV[1])
return old`;

/** Lists a session in an index. KEYS: index. ARGV: now, end, id. */
export const indexScript = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
${keepList('KEYS[1]')}`;

/** Gives back a lease of this holder. KEYS: lease. ARGV: holder. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
