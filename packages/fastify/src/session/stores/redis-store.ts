import { channel, openRedisConnection, runAll } from './redis-connection.ts';
import {
  indexScript,
  insertScript,
  releaseScript,
  removeScript,
  touchScript,
  updateScript,
} from './redis-scripts.ts';
import type { ListedSession, SessionStore } from './session-store.ts';

const all = 'foyer:all';
const sessionKey = (id: string): string => `foyer:{${id}}`;
const subjectKey = (subject: string): string => `foyer:subject:${subject}`;
const providerKey = (session: string): string => `foyer:provider:${session}`;
const leaseKey = (name: string): string => `foyer:lease:${name}`;

const indexKeys = (subject: unknown, provider: unknown): string[] => [
  all,
  subjectKey(String(subject)),
  ...(typeof provider === 'string' ? [providerKey(provider)] : []),
];

/**
 * Opens sessions in a Redis or Valkey, which any number of machines may share. No command names two keys.
 *
 * @throws TypeError when the URL cannot be read; a server that is down is told by every operation.
 */
export const openRedisStore = async (url: string): Promise<SessionStore> => {
  const connection = await openRedisConnection(url);
  const { client } = connection;

  const list = async (keys: readonly string[], id: string, expiresAt: number | string): Promise<void> => {
    const commands = client.pipeline();
    for (const key of keys) commands.eval(indexScript, 1, key, String(Date.now()), String(expiresAt), id);
    await runAll(commands);
  };
  const members = (key: string): Promise<string[]> => client.zrange(key, 0, '-1');

  return {
    insert: async ({ id, version, sealed, lastSeenAt, expiresAt, subject, providerSession, about }) => {
      // Listed first: an entry without its session does no harm, a session that no logout finds does.
      await list(indexKeys(subject, providerSession), id, expiresAt);
      const times = { version: `${version}`, seen: `${lastSeenAt}`, end: `${expiresAt}` };
      const fields = { ...times, sealed: Buffer.from(sealed), subject };
      const provider = providerSession === undefined ? {} : { provider: providerSession };
      const values = Object.entries({ ...fields, ...provider, about: Buffer.from(about) }).flat();
      await client.eval(insertScript, 1, sessionKey(id), String(expiresAt), ...values);
    },
    read: async (id) => {
      const [version, sealed, seen, end] = await client.hmgetBuffer(
        sessionKey(id),
        'version',
        'sealed',
        'seen',
        'end',
      );
      if (!version || !sealed || !seen || !end || Number(end) <= Date.now()) return undefined;
      return { id, version: Number(version), sealed, lastSeenAt: Number(seen), expiresAt: Number(end) };
    },
    readState: async (id) => {
      const [version, seen, end] = await client.hmget(sessionKey(id), 'version', 'seen', 'end');
      if (!version || !seen || !end || Number(end) <= Date.now()) return undefined;
      return { version: Number(version), lastSeenAt: Number(seen), expiresAt: Number(end) };
    },
    update: async (id, expectedVersion, sealed) =>
      (await client.eval(updateScript, 1, sessionKey(id), expectedVersion, Buffer.from(sealed))) === 1,
    touch: async (id, lastSeenAt, expiresAt) => {
      const answer = await client.eval(touchScript, 1, sessionKey(id), lastSeenAt, expiresAt);
      if (!Array.isArray(answer)) return false;
      await list(indexKeys(answer[1], answer[2]), id, String(answer[0]));
      return true;
    },
    remove: async (id) => {
      const answer = await client.eval(removeScript, 1, sessionKey(id));
      if (!Array.isArray(answer)) return false;
      const commands = client.pipeline();
      for (const key of indexKeys(answer[1], answer[2])) commands.zrem(key, id);
      // The session is over whether or not this succeeds: entries left behind expire unseen.
      await commands.exec();
      return true;
    },
    findBySubject: async (subject) => {
      const ids = await members(subjectKey(subject));
      const commands = client.pipeline();
      for (const id of ids) commands.hmgetBuffer(sessionKey(id), 'about', 'seen');
      const rows = await runAll(commands);
      return ids.flatMap((id, position): ListedSession[] => {
        const row: unknown = rows[position];
        if (!Array.isArray(row)) return [];
        const [about, seen]: unknown[] = row;
        return about instanceof Uint8Array ? [{ id, about, lastSeenAt: Number(seen) }] : [];
      });
    },
    findByProviderSession: async (providerSession) => {
      const ids = await members(providerKey(providerSession));
      const commands = client.pipeline();
      for (const id of ids) commands.exists(sessionKey(id));
      const found = await runAll(commands);
      return ids.filter((_id, position) => found[position] === 1);
    },
    claim: async (value, expiresAt) => {
      const rest = Math.max(1, Math.ceil(expiresAt - Date.now()));
      return (await client.set(`foyer:claim:${value}`, '1', 'PX', rest, 'NX')) === 'OK';
    },
    acquireLease: async (name, holder, milliseconds) =>
      (await client.set(leaseKey(name), holder, 'PX', milliseconds, 'NX')) === 'OK',
    releaseLease: async (name, holder) => {
      await client.eval(releaseScript, 1, leaseKey(name), holder);
    },
    publish: async (message) => {
      await client.publish(channel, message);
    },
    subscribe: connection.subscribe,
    count: () => client.zcount(all, Date.now(), '+inf'),
    check: async () => {
      await client.set('foyer:check', '1', 'PX', 1000);
      await client.get('foyer:check');
      const failure = connection.failure();
      if (failure !== undefined) throw failure;
    },
    close: connection.close,
  };
};
