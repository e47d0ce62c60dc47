import { openMemoryStore } from './memory-store.ts';
import { openRedisStore } from './redis-store.ts';
import type { SessionStore } from './session-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

/**
 * Opens the store that a URL names: `sqlite:<file>`, `memory:`, `redis://…` or `rediss://…`.
 *
 * @throws TypeError for any other; Error when the file cannot be opened.
 */
export const openSessionStore = async (url: string): Promise<SessionStore> => {
  if (url === 'memory:') return openMemoryStore();
  if (/^rediss?:\/\//.test(url)) return openRedisStore(url);
  const file = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (file !== undefined) return openSqliteStore({ file });
  throw new TypeError('Not a session store: use sqlite:<file>, memory:, redis:// or rediss://');
};
