/** Keeps a new session until its end. KEYS: session. ARGV: end, then fields and values. */
export const insertScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('ERR the session exists') end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return redis.call('PEXPIREAT', KEYS[1], ARGV[1])`;

/** Replaces the sealed record of the expected version. KEYS: session. ARGV: version, sealed. */
export const updateScript = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'version', 1)
return 1`;

/** Moves last seen and end, never back; gives back end and indexes. KEYS: session. ARGV: last seen, end. */
export const touchScript = `
local old = redis.call('HMGET', KEYS[1], 'seen', 'end', 'subject', 'provider')
if not old[1] then return false end
local seen = string.format('%.0f', math.max(tonumber(old[1]), tonumber(ARGV[1])))
local over = string.format('%.0f', math.max(tonumber(old[2]), tonumber(ARGV[2])))
redis.call('HSET', KEYS[1], 'seen', seen, 'end', over)
redis.call('PEXPIREAT', KEYS[1], over)
return { over, old[3], old[4] }`;

/** Deletes a session; gives back its indexes. KEYS: session. */
export const removeScript = `
local old = redis.call('HMGET', KEYS[1], 'subject', 'provider')
if redis.call('DEL', KEYS[1]) == 0 then return false end
return { '0', old[1], old[2] }`;

/** Lists a session in an index that lasts as long as its longest member. KEYS: index. ARGV: now, end, id. */
export const indexScript = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
return redis.call('PEXPIREAT', KEYS[1], last[2])`;

/** Gives back a lease of this holder. KEYS: lease. ARGV: holder. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
