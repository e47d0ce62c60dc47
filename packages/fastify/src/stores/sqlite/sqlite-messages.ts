import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { createListeners } from '../listeners.ts';
import type { SessionStore } from '../session-store.ts';
import { isBusy, retryWhileBusy } from './sqlite-file.ts';

const pollIntervalMs = 200;
const keptForMs = 60_000;

/** Messages between the processes that have one database file open. */
export interface SqliteMessages extends Pick<SessionStore, 'publish' | 'subscribe'> {
  readonly stop: () => void;
  /** Why the last poll failed; `undefined` when it did not. */
  readonly failure: () => unknown;
}

/** Makes the messages of a file, which is polled only while there are listeners in this process. */
export const createSqliteMessages = (database: DatabaseSync, clock: () => number): SqliteMessages => {
  const sender = randomUUID();
  const insert = database.prepare('INSERT INTO messages (sender, message, expires_at) VALUES (?, ?, ?)');
  const last = database.prepare('SELECT coalesce(max(id), 0) AS id FROM messages');
  const since = database.prepare('SELECT id, sender, message FROM messages WHERE id > ? ORDER BY id');
  const listeners = createListeners<string>();
  let timer: NodeJS.Timeout | undefined;
  /** The last message that was read; `undefined` until it is known where to begin. */
  let position: number | undefined;
  let failure: unknown;

  const readNew = (): void => {
    if (position === undefined) {
      position = Number(last.get()?.id ?? 0);
      return;
    }
    for (const row of since.all(position)) {
      position = Number(row.id);
      if (row.sender !== sender) listeners.call(String(row.message));
    }
  };

  /** A timer has no caller to throw to: the failure is kept for `check`, until a poll succeeds. */
  const poll = (): void => {
    try {
      readNew();
      failure = undefined;
    } catch (error) {
      if (!isBusy(error)) failure = error;
    }
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    publish: async (message) => {
      await retryWhileBusy(() => insert.run(sender, message, clock() + keptForMs));
      listeners.call(message);
    },
    subscribe: (listener) => {
      const remove = listeners.add(listener);
      if (timer === undefined) {
        position = undefined;
        poll();
        timer = setInterval(poll, pollIntervalMs).unref();
      }
      return () => {
        remove();
        if (listeners.isEmpty()) stop();
      };
    },
    stop,
    failure: () => failure,
  };
};
