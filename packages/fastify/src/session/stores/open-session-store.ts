import { openMemoryStore } from './memory-store.ts';
import type { SessionStore } from './session-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

/**
 * Opens the store that a URL names: `sqlite:<file>` or `memory:`.
 *
 * @throws TypeError for any other; Error when the file cannot be opened.
 */
export const openSessionStore = async (url: string): Promise<SessionStore> => {
  if (url === 'memory:') return openMemoryStore();
  const file = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (file !== undefined) return openSqliteStore({ file });
  throw new TypeError('Not a session store: use sqlite:<file> or memory:');
};
