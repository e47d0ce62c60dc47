import type { ListedSession, SessionStore } from '../session-store.ts';
import { openRedisConnection } from './redis-connection.ts';
import { countSessions, leaseKey, listKey, providerKey, sessionKey, subjectKey } from './redis-keys.ts';
import { channel } from './redis-messages.ts';
import {
  acquireScript,
  indexScript,
  insertScript,
  listedScript,
  releaseScript,
  removeScript,
  touchScript,
  updateScript,
} from './redis-scripts.ts';
import {
  type Labels,
  printValue,
  readLabels,
  readListed,
  readState,
  readValue,
  stateEnd,
} from './redis-value.ts';
import { gatherWrites } from './redis-writes.ts';

const indexKeys = ({ subject, providerSession }: Labels): string[] => [
  subjectKey(subject),
  ...(providerSession === undefined ? [] : [providerKey(providerSession)]),
];

/**
 * Opens sessions in a Redis or Valkey, in one that sentinels watch, or in a cluster; any number of machines may share
 * it. Every command and script stays within one hash tag.
 *
 * @throws TypeError when the URL cannot be read; a server that is down is told by every operation.
 */
export const openRedisStore = async (url: string): Promise<SessionStore> => {
  const { client, messages, trouble, close } = await openRedisConnection(url);
  const gather = gatherWrites(client);
  const members = (key: string): Promise<string[]> => client.zrangebyscore(key, Date.now(), '+inf');

  return {
    insert: async (session) => {
      const { id, expiresAt, lastsUntil } = session;
      const now = String(Date.now());
      const value = printValue(session);
      // Listed first: an entry without its session does no harm, a session that no logout finds does.
      const listed = indexKeys(session).map((key) =>
        client.eval(indexScript, 1, key, now, String(lastsUntil), id),
      );
      await Promise.all(listed);
      await client.eval(insertScript, 2, sessionKey(id), listKey(id), now, String(expiresAt), id, value);
    },
    read: async (id) => readValue(id, await client.getBuffer(sessionKey(id))),
    readState: async (id) => {
      gather();
      return readState(await client.getrange(sessionKey(id), 0, stateEnd));
    },
    update: async (id, expectedVersion, sealed) =>
      (await client.eval(updateScript, 1, sessionKey(id), expectedVersion, Buffer.from(sealed))) === 1,
    touch: async (id, lastSeenAt, expiresAt) =>
      (await client.eval(touchScript, 2, sessionKey(id), listKey(id), lastSeenAt, expiresAt, id)) === 1,
    remove: async (id) => {
      const labels = await client.callBuffer('eval', removeScript, 2, sessionKey(id), listKey(id), id);
      if (!Buffer.isBuffer(labels)) return false;
      // The session is over whether or not this succeeds: entries left behind expire unseen.
      await Promise.allSettled(indexKeys(readLabels(labels)).map((key) => client.zrem(key, id)));
      return true;
    },
    findBySubject: async (subject) => {
      const find = async (id: string): Promise<readonly ListedSession[]> => {
        const listed = await client.callBuffer('eval', listedScript, 1, sessionKey(id));
        return Buffer.isBuffer(listed) ? [readListed(id, listed)] : [];
      };
      return (await Promise.all((await members(subjectKey(subject))).map(find))).flat();
    },
    findByProviderSession: async (providerSession) => {
      const ids = await members(providerKey(providerSession));
      const found = await Promise.all(ids.map((id) => client.exists(sessionKey(id))));
      return ids.filter((_id, position) => found[position] === 1);
    },
    claim: async (value, expiresAt) => {
      const rest = Math.max(1, Math.ceil(expiresAt - Date.now()));
      return (await client.set(`foyer:claim:${value}`, '1', 'PX', rest, 'NX')) === 'OK';
    },
    isClaimed: async (value) => (await client.exists(`foyer:claim:${value}`)) === 1,
    acquireLease: async (id, holder, milliseconds) =>
      (await client.eval(acquireScript, 1, leaseKey(id), holder, milliseconds)) === 1,
    releaseLease: async (id, holder) => {
      await client.eval(releaseScript, 1, leaseKey(id), holder);
    },
    publish: async (message) => {
      await client.publish(channel, message);
    },
    subscribe: messages.subscribe,
    count: () => countSessions(client),
    check: async () => {
      try {
        await client.set('foyer:check', '1', 'PX', 1000);
        await client.get('foyer:check');
      } catch (error) {
        throw new Error('Redis cannot be used', { cause: trouble() ?? error });
      }
      const failure = messages.failure();
      if (failure !== undefined) throw failure;
    },
    close,
  };
};
