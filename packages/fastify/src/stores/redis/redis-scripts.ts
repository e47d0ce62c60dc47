import { valuePlaces as at } from './redis-value.ts';

/** A list that lasts as long as its longest member. KEYS[n]: list. */
const keepList = (key: string): string => `
local last = redis.call('ZRANGE', ${key}, -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', ${key}, last[2])`;

/** Where the labels of a session end; `false` when there is none. */
const lastLabel = `
local length = redis.call('GETRANGE', KEYS[1], ${at.lengthAt}, ${at.labelsAt - 1})
local last = length ~= '' and ${at.labelsAt - 1} + tonumber(length)`;

/** Keeps and counts a new session until its end. KEYS: session, list. ARGV: now, end, id, value. */
export const insertScript = `
if not redis.call('SET', KEYS[1], ARGV[4], 'NX', 'PXAT', ARGV[2]) then
  return redis.error_reply('ERR the session exists')
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
${keepList('KEYS[2]')}`;

/** Replaces the sealed record of the expected version. KEYS: session. ARGV: version, sealed. */
export const updateScript = `${lastLabel}
local version = tonumber(redis.call('GETRANGE', KEYS[1], 0, ${at.seenAt - 1}))
if not last or version ~= tonumber(ARGV[1]) then return 0 end
local head = string.format('%0${at.version}.0f', version + 1) .. redis.call('GETRANGE', KEYS[1], ${at.seenAt}, last)
redis.call('SET', KEYS[1], head .. ARGV[2], 'KEEPTTL')
return 1`;

/** Moves last seen and end, never back. KEYS: session, list. ARGV: last seen, end, id. */
export const touchScript = `
local old = redis.call('GETRANGE', KEYS[1], ${at.seenAt}, ${at.lengthAt - 1})
if old == '' then return 0 end
local seen = math.max(tonumber(string.sub(old, 1, ${at.time})), tonumber(ARGV[1]))
local over = math.max(tonumber(string.sub(old, ${at.time + 1})), tonumber(ARGV[2]))
redis.call('SETRANGE', KEYS[1], ${at.seenAt}, string.format('%0${at.time}.0f%0${at.time}.0f', seen, over))
over = string.format('%.0f', over)
redis.call('PEXPIREAT', KEYS[1], over)
redis.call('ZADD', KEYS[2], over, ARGV[3])
${keepList('KEYS[2]')}
return 1`;

/** Deletes a session; gives back its labels. KEYS: session, list. ARGV: id. */
export const removeScript = `${lastLabel}
if not last then return false end
local labels = redis.call('GETRANGE', KEYS[1], ${at.labelsAt}, last)
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return labels`;

/** When a session was last seen, then its labels. KEYS: session. */
export const listedScript = `${lastLabel}
if not last then return false end
return redis.call('GETRANGE', KEYS[1], ${at.seenAt}, ${at.endAt - 1}) .. redis.call('GETRANGE', KEYS[1], ${at.labelsAt}, last)`;

/** Lists a session in an index. KEYS: index. ARGV: now, end, id. */
export const indexScript = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
${keepList('KEYS[1]')}`;

/** Takes a free lease, or renews that of the same holder. KEYS: lease. ARGV: holder, milliseconds. */
export const acquireScript = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** Gives back a lease of this holder. KEYS: lease. ARGV: holder. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
