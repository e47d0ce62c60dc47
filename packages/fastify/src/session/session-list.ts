import type { SessionCookie, SessionSummary } from '@foyer/contract';
import { z } from 'zod';
import { parseObject } from '../provider/json-object.ts';
import type { CompletedLogin } from '../provider/provider.ts';
import type { ListedSession, NewStoredSession, SessionStore } from '../stores/session-store.ts';
import { deriveKeys, type Keys, keyedDigest, mapKeys, openBytes, sealBytes } from './sealing.ts';
import type { Session } from './session-record.ts';
import { parseUserAgent } from './user-agent.ts';

/** A client at its provider. */
export interface IndexClient {
  readonly issuer: string;
  readonly clientId: string;
}

/** What a sign-out names: a session at the provider, or a subject. */
export interface NamedLogout extends IndexClient {
  readonly sub?: string | undefined;
  readonly sid?: string | undefined;
}

type Subject = IndexClient & { readonly sub: string };

/** One digest for each session key. The first is the one to store under, all are looked up. */
type Digests = readonly [string, ...string[]];

/** Keyed digests under which a store finds sessions, so that it learns neither subjects nor provider sessions. */
export interface StoreIndex {
  readonly subject: (subject: Subject) => Digests;
  readonly providerSession: (session: IndexClient & { readonly sid: string }) => Digests;
}

/** Makes the index of the session keys. */
export const createStoreIndex = (sessionKeys: readonly Uint8Array[]): StoreIndex => {
  const keys = deriveKeys(sessionKeys, 'index');
  const digestsOf = (...named: readonly string[]): Digests =>
    mapKeys(keys, (key) => keyedDigest(key, JSON.stringify(named)).toString('base64url'));
  return {
    subject: ({ issuer, clientId, sub }) => digestsOf('sub', issuer, clientId, sub),
    providerSession: ({ issuer, clientId, sid }) => digestsOf('sid', issuer, clientId, sid),
  };
};

const originSchema = z.object({ createdAt: z.number(), browser: z.string(), system: z.string() });

/** What a user's list of sessions shows of one; sealed so that only a session of the same user can read it. */
type SessionOrigin = Readonly<z.output<typeof originSchema>>;

const boundTo = 'about';

/** Makes the seal of origins. */
const createOriginSeal = (sessionKeys: readonly Uint8Array[]) => {
  const secrets = deriveKeys(sessionKeys, 'about');
  const keysOf = ({ issuer, sub }: Subject): Keys =>
    mapKeys(secrets, (secret) => keyedDigest(secret, JSON.stringify([issuer, sub])));
  return {
    seal: (subject: Subject, origin: SessionOrigin): Buffer =>
      sealBytes(Buffer.from(JSON.stringify(origin)), keysOf(subject), boundTo),
    open: (subject: Subject, sealed: Uint8Array): SessionOrigin | undefined => {
      const plain = openBytes(sealed, keysOf(subject), boundTo);
      return plain && originSchema.safeParse(parseObject(plain.toString())).data;
    },
  };
};

/** How sessions are found and listed without their records. */
export interface SessionSearch {
  /** What a new session is stored with. */
  readonly label: (
    login: Pick<CompletedLogin, 'issuer' | 'clientId' | 'sub' | 'sid'>,
    createdAt: number,
    userAgent: string | undefined,
  ) => Pick<NewStoredSession, 'subject' | 'providerSession' | 'about'>;
  /** `sid` finds that session at the provider, `sub` alone all of the subject. */
  readonly findIds: (named: NamedLogout) => Promise<readonly string[]>;
  /** The sessions of the user of `session`, which `cookie` stands for, the newest first. */
  readonly list: (session: Session, cookie: SessionCookie) => Promise<readonly SessionSummary[]>;
}

/** Makes the search of a store. */
export const createSessionSearch = (
  store: SessionStore,
  sessionKeys: readonly Uint8Array[],
  index: StoreIndex,
): SessionSearch => {
  const { seal, open } = createOriginSeal(sessionKeys);
  const findBySubject = async (subject: Subject): Promise<readonly ListedSession[]> =>
    (await Promise.all(index.subject(subject).map((digest) => store.findBySubject(digest)))).flat();
  return {
    label: ({ issuer, clientId, sub, sid }, createdAt, userAgent) => ({
      subject: index.subject({ issuer, clientId, sub })[0],
      providerSession: sid === undefined ? undefined : index.providerSession({ issuer, clientId, sid })[0],
      about: seal({ issuer, clientId, sub }, { createdAt, ...parseUserAgent(userAgent) }),
    }),
    findIds: async ({ issuer, clientId, sub, sid }) => {
      if (sid !== undefined) {
        const digests = index.providerSession({ issuer, clientId, sid });
        return (await Promise.all(digests.map((digest) => store.findByProviderSession(digest)))).flat();
      }
      return sub === undefined ? [] : (await findBySubject({ issuer, clientId, sub })).map(({ id }) => id);
    },
    list: async ({ id: currentId, clientId, record: { issuer, user } }, cookie) => {
      const subject = { issuer, clientId, sub: user.sub };
      return (await findBySubject(subject))
        .flatMap(({ id, about, lastSeenAt }) => {
          const origin = open(subject, about);
          return origin === undefined ? [] : [{ id, lastSeenAt, ...origin }];
        })
        .sort((one, other) => other.createdAt - one.createdAt)
        .map(({ id, createdAt, lastSeenAt, browser, system }) => ({
          id,
          createdAt: new Date(createdAt).toISOString(),
          lastSeenAt: new Date(lastSeenAt).toISOString(),
          browser,
          system,
          ...(id === currentId ? { current: true, cookie } : { current: false }),
        }));
    },
  };
};
