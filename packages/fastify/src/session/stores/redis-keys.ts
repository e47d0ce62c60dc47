import type { Cluster, Redis } from 'ioredis';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * What has to do with one session is on one node of a cluster: the hash tag is the beginning of its id, one of 4,096.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
const tag = (id: string): string => `foyer:{${id.slice(0, 2)}}`;

/** The session itself, as one string. */
export const sessionKey = (id: string): string => `${tag(id)}:record:${id}`;

/** The ids of every session with this tag, by their ends. */
export const listKey = (id: string): string => `${tag(id)}:all`;

/** Who may refresh the tokens of a session at the moment. */
export const leaseKey = (id: string): string => `${tag(id)}:lease:${id}`;

/** The ids of a subject's sessions, by the latest that these can end. */
export const subjectKey = (subject: string): string => `foyer:subject:${subject}`;

/** The same for a session at the provider. */
export const providerKey = (providerSession: string): string => `foyer:provider:${providerSession}`;

/** Counts the sessions that are not over: a look at every list, a part at a time, so this is for now and then. */
export const countSessions = async (client: Redis | Cluster): Promise<number> => {
  const now = Date.now();
  const letters = [...alphabet];
  let sum = 0;
  for (const one of letters) {
    const lists = letters.map((other) => listKey(one + other));
    const counts = await Promise.all(lists.map((list) => client.zcount(list, now, '+inf')));
    for (const count of counts) sum += count;
  }
  return sum;
};
