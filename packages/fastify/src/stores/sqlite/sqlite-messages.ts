import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { SessionStore } from '../session-store.ts';

const pollInterval = 200;
const keepFor = 60_000;

/** Messages between the processes that have one database file open; it is polled only while somebody listens. */
export const createSqliteMessages = (
  database: DatabaseSync,
  clock: () => number,
): Pick<SessionStore, 'publish' | 'subscribe'> & {
  readonly stop: () => void;
  readonly failure: () => unknown;
} => {
  const sender = randomUUID();
  const insert = database.prepare('INSERT INTO messages (sender, message, expires_at) VALUES (?, ?, ?)');
  const last = database.prepare('SELECT coalesce(max(id), 0) AS id FROM messages');
  const since = database.prepare('SELECT id, sender, message FROM messages WHERE id > ? ORDER BY id');
  const listeners = new Set<(message: string) => void>();
  let timer: NodeJS.Timeout | undefined;
  let position = 0;
  let failure: unknown;

  const tell = (message: string): void => {
    for (const listener of [...listeners]) listener(message);
  };

  const readNew = (): void => {
    for (const row of since.all(position)) {
      position = Number(row.id);
      if (row.sender !== sender) tell(String(row.message));
    }
  };

  /** A timer has nobody to throw at: the failure is kept for `check`, until a poll succeeds. */
  const poll = (): void => {
    try {
      readNew();
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    publish: (message) => {
      insert.run(sender, message, clock() + keepFor);
      tell(message);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      if (timer === undefined) {
        position = Number(last.get()?.id ?? 0);
        timer = setInterval(poll, pollInterval);
        timer.unref();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    stop,
    failure: () => failure,
  };
};
