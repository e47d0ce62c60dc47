import { parseRedisAddress } from './redis/redis-connection.ts';
import { openRedisStore } from './redis/redis-store.ts';
import type { SessionStore } from './session-store.ts';
import { openMemoryStore, openSqliteStore } from './sqlite/sqlite-store.ts';

const isRedisUrl = (url: string): boolean => /^rediss?(\+sentinel|\+cluster)?:\/\//.test(url);

/** Whether `openSessionStore` can read a URL; it opens nothing. @see docs/configuration.md */
export const isSessionStoreUrl = (url: string): boolean => {
  if (!isRedisUrl(url)) return url === 'memory:' || /^sqlite:./s.test(url);
  try {
    return parseRedisAddress(url) !== undefined || URL.canParse(url);
  } catch {
    return false;
  }
};

/**
 * Opens the store that a URL names: `sqlite:<file>`, `memory:`, `redis://…`, `redis+sentinel://…` or
 * `redis+cluster://…`; `rediss` in place of `redis` speaks TLS.
 *
 * @throws TypeError for any other; Error when the file cannot be opened.
 * @see docs/configuration.md
 */
export const openSessionStore = async (url: string): Promise<SessionStore> => {
  if (url === 'memory:') return openMemoryStore();
  if (isRedisUrl(url)) return openRedisStore(url);
  const file = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (file !== undefined) return openSqliteStore({ file });
  throw new TypeError(
    'Not a session store: use sqlite:<file>, memory:, redis:// or rediss://, with +sentinel or +cluster',
  );
};
