import type { SessionSummary } from '@foyer/contract';
import { z } from 'zod';
import type { CompletedLogin } from '../provider/provider.ts';
import type { ListedSession, NewStoredSession } from '../stores/session-store.ts';
import { deriveKey, keyedDigest, openBytes, sealBytes } from './session-keys.ts';
import type { Session } from './session-record.ts';
import { type IndexTarget, type StoreIndex, subjectOf } from './store-index.ts';
import { parseUserAgent } from './user-agent.ts';

/** How a session is found and listed without its record. */
export interface SessionLabelling {
  /** What a new session is stored with. */
  readonly create: (
    login: Pick<CompletedLogin, 'issuer' | 'clientId' | 'sub' | 'sid'>,
    createdAt: number,
    userAgent: string | undefined,
  ) => Pick<NewStoredSession, 'subject' | 'providerSession' | 'about'>;
  /** The list for the user of `session`, the newest first. */
  readonly list: (session: Session, stored: readonly ListedSession[]) => readonly SessionSummary[];
}

const originSchema = z.object({ createdAt: z.number(), browser: z.string(), system: z.string() });

/** What a user's list of sessions shows of one; sealed so that only a session of the same user can read it. */
type SessionOrigin = Readonly<z.output<typeof originSchema>>;

const boundTo = 'about';

/** The first session key seals, all open. */
const createOriginSeal = (sessionKeys: readonly Uint8Array[]) => {
  const secrets = sessionKeys.map((key) => deriveKey(key, 'about'));
  const keyFor = ({ issuer, value }: IndexTarget, secret: Buffer): Buffer =>
    keyedDigest(secret, JSON.stringify([issuer, value]));
  return {
    seal: (target: IndexTarget, origin: SessionOrigin): Buffer => {
      const [first] = secrets;
      if (first === undefined) throw new Error('There is no session key');
      return sealBytes(Buffer.from(JSON.stringify(origin)), keyFor(target, first), boundTo);
    },
    open: (target: IndexTarget, sealed: Uint8Array): SessionOrigin | undefined => {
      for (const secret of secrets) {
        const plain = openBytes(sealed, keyFor(target, secret), boundTo);
        if (plain !== undefined) return originSchema.safeParse(JSON.parse(plain.toString())).data;
      }
      return undefined;
    },
  };
};

/** Makes the labels of sessions, and the lists that are read from them. */
export const createSessionLabelling = (
  sessionKeys: readonly Uint8Array[],
  index: StoreIndex,
): SessionLabelling => {
  const { seal, open } = createOriginSeal(sessionKeys);
  return {
    create: ({ issuer, clientId, sub, sid }, createdAt, userAgent) => {
      const target = { issuer, clientId, value: sub };
      return {
        subject: index.subject(target)[0],
        providerSession:
          sid === undefined ? undefined : index.providerSession({ issuer, clientId, value: sid })[0],
        about: seal(target, { createdAt, ...parseUserAgent(userAgent) }),
      };
    },
    list: (session, stored) =>
      stored
        .flatMap(({ id, about, lastSeenAt }) => {
          const origin = open(subjectOf(session), about);
          return origin === undefined ? [] : [{ id, lastSeenAt, ...origin }];
        })
        .sort((one, other) => other.createdAt - one.createdAt)
        .map(({ id, createdAt, lastSeenAt, browser, system }) => ({
          id,
          createdAt: new Date(createdAt).toISOString(),
          lastSeenAt: new Date(lastSeenAt).toISOString(),
          browser,
          system,
          current: id === session.id,
        })),
  };
};
