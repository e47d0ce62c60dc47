const tagOf = (letters: string): string => `foyer:{${letters}}`;

/**
 * All keys of one session are on one node of a cluster: the hash tag is the next to last two letters of its id, one
 * of 4,096. An id begins with its time, which would be on one node, and the last letter is one of four.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export const sessionTag = (id: string): string => tagOf(id.slice(-3, -1));

/** The names of keys. */
export const keys = {
  /** The session itself, a hash. */
  session: (id: string): string => `${sessionTag(id)}:session:${id}`,
  /** The ids of every session with this tag, by their ends. */
  list: (tag: string): string => `${tag}:all`,
  /** The holder of a session's refresh lease. */
  lease: (id: string): string => `${sessionTag(id)}:lease:${id}`,
  /** The ids of a subject's sessions, by the latest that these can end. */
  subject: (subject: string): string => `foyer:subject:${subject}`,
  /** The same for a session at the provider. */
  provider: (providerSession: string): string => `foyer:provider:${providerSession}`,
  /** A one-time value. */
  claim: (value: string): string => `foyer:claim:${value}`,
};

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];

/** The hash tags of all sessions, in parts. */
export const listTags = (): readonly (readonly string[])[] =>
  alphabet.map((one) => alphabet.map((other) => tagOf(one + other)));

/** Keeps an index for as long as its longest member. */
const keepIndex = (key: string): string => `
local last = redis.call('ZRANGE', ${key}, -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', ${key}, last[2])`;

/** Whether a session is over is judged by the clock of this process: Redis, whose clock may be behind, may still keep it. */
export const scripts = {
  /** Stores and counts a new session until its end. KEYS: session, list. ARGV: now, end, id, then fields and values. */
  insert: `
if redis.call('EXISTS', KEYS[1]) == 1 then return redis.error_reply('ERR the session exists') end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
${keepIndex('KEYS[2]')}`,
  /** Replaces the sealed record of the expected version. KEYS: session. ARGV: version, sealed, now. */
  update: `
local old = redis.call('HMGET', KEYS[1], 'version', 'expiresAt')
if old[1] ~= ARGV[1] or tonumber(old[2]) <= tonumber(ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
return 1`,
  /** Moves last seen and end, never back. KEYS: session, list. ARGV: last seen, end, id, now. */
  touch: `
local old = redis.call('HMGET', KEYS[1], 'lastSeenAt', 'expiresAt')
if not old[1] or tonumber(old[2]) <= tonumber(ARGV[4]) then return 0 end
if tonumber(ARGV[1]) > tonumber(old[1]) then redis.call('HSET', KEYS[1], 'lastSeenAt', ARGV[1]) end
if tonumber(ARGV[2]) > tonumber(old[2]) then
  redis.call('HSET', KEYS[1], 'expiresAt', ARGV[2])
  redis.call('PEXPIREAT', KEYS[1], ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
  ${keepIndex('KEYS[2]')}
end
return 1`,
  /** Deletes a session; returns its end and the indexes that it stands in. KEYS: session, list. ARGV: id. */
  remove: `
local session = redis.call('HMGET', KEYS[1], 'expiresAt', 'subject', 'providerSession')
if redis.call('DEL', KEYS[1]) == 0 then return false end
redis.call('ZREM', KEYS[2], ARGV[1])
return session`,
  /** Adds a session to an index. KEYS: index. ARGV: now, end, id. */
  index: `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[3])
${keepIndex('KEYS[1]')}`,
  /** Claims a value; of several claims the latest end and the greatest note stay. KEYS: claim. ARGV: note, milliseconds. */
  claim: `
local note = redis.call('GET', KEYS[1])
if not note then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
local left = math.max(redis.call('PTTL', KEYS[1]), tonumber(ARGV[2]))
if tonumber(ARGV[1]) > tonumber(note) then note = ARGV[1] end
redis.call('SET', KEYS[1], note, 'PX', left)
return 0`,
  /** Notes a greater number at a claim that is remembered. KEYS: claim. ARGV: note. */
  note: `
local note = redis.call('GET', KEYS[1])
if note and tonumber(ARGV[1]) > tonumber(note) then redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL') end`,
  /** Takes a free lease, or renews that of the same holder. KEYS: lease. ARGV: holder, milliseconds. */
  acquire: `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
  /** Releases a lease of this holder. KEYS: lease. ARGV: holder. */
  release: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
};
