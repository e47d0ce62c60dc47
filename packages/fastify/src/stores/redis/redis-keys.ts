import type { Cluster, Redis } from 'ioredis';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const tagOf = (letters: string): string => `foyer:{${letters}}`;

const listOf = (tag: string): string => `${tag}:all`;

/**
 * All keys of one session are on one node of a cluster: the hash tag is the next to last two letters of its id, one
 * of 4,096. An id begins with its time, which would be on one node, and the last letter is one of four.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export const sessionTag = (id: string): string => tagOf(id.slice(-3, -1));

/** The session itself, a hash. */
export const sessionKey = (id: string): string => `${sessionTag(id)}:session:${id}`;

/** The ids of every session with this tag, by their ends. */
export const listKey = (id: string): string => listOf(sessionTag(id));

/** The holder of a session's refresh lease. */
export const leaseKey = (id: string): string => `${sessionTag(id)}:lease:${id}`;

/** The ids of a subject's sessions, by the latest that these can end. */
export const subjectKey = (subject: string): string => `foyer:subject:${subject}`;

/** The same for a session at the provider. */
export const providerKey = (providerSession: string): string => `foyer:provider:${providerSession}`;

/** A one-time value. */
export const claimKey = (value: string): string => `foyer:claim:${value}`;

/** Counts the sessions that are not over: a look at every list, a part at a time, so this is for now and then. */
export const countSessions = async (client: Redis | Cluster): Promise<number> => {
  const now = Date.now();
  const letters = [...alphabet];
  let sum = 0;
  for (const one of letters) {
    const lists = letters.map((other) => listOf(tagOf(one + other)));
    const counts = await Promise.all(lists.map((list) => client.zcount(list, now, '+inf')));
    for (const count of counts) sum += count;
  }
  return sum;
};
