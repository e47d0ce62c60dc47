import { createSecretKey } from 'node:crypto';
import type { SessionSummary } from '@foyer/contract';
import type { ListedSession, SessionStore } from '../stores/session-store.ts';
import { keyedDigest } from './keyed-digest.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';
import type { Session } from './session.ts';
import { deriveKey } from './session-cookie.ts';
import type { IndexTarget, StoreIndex } from './store-index.ts';
import { type Device, parseUserAgent } from './user-agent.ts';

interface About extends Device {
  readonly createdAt: number;
}

/** What a session's siblings may know of it, sealed so that only a session of the same user can read it. */
export interface SessionAbouts {
  readonly seal: (target: IndexTarget, createdAt: number, userAgent: string | undefined) => Buffer;
  readonly open: (target: IndexTarget, sealed: Uint8Array) => About | undefined;
}

const parseAbout = (text: string): About | undefined => {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('createdAt' in value) || !('browser' in value) || !('system' in value)) return undefined;
  const { createdAt, browser, system } = value;
  if (typeof createdAt !== 'number' || typeof browser !== 'string' || typeof system !== 'string')
    return undefined;
  return { createdAt, browser, system };
};

const bound = 'about';

/** Makes the sealing of `about`; the first session key seals, all open. */
export const createSessionAbouts = (sessionKeys: readonly Uint8Array[]): SessionAbouts => {
  const secrets = sessionKeys.map((key) => deriveKey(createSecretKey(key), 'about'));
  const keyFor = ({ issuer, value }: IndexTarget, secret: Buffer): Buffer =>
    keyedDigest(secret, JSON.stringify([issuer, value]));
  return {
    seal: (target, createdAt, userAgent) => {
      const [first] = secrets;
      if (first === undefined) throw new Error('There is no session key');
      const about: About = { createdAt, ...parseUserAgent(userAgent) };
      return sealBytes(Buffer.from(JSON.stringify(about)), keyFor(target, first), bound);
    },
    open: (target, sealed) => {
      for (const secret of secrets) {
        const plain = openBytes(sealed, keyFor(target, secret), bound);
        if (plain !== undefined) return parseAbout(plain.toString());
      }
      return undefined;
    },
  };
};

/** The subject of a session, as index and `about` know it. */
export const subjectOf = ({ record, user }: Session): IndexTarget => ({
  issuer: record.issuer,
  value: user.sub,
});

/** Every stored session of a subject, under whichever key it was written. */
export const findSubjectSessions = async (
  store: SessionStore,
  index: StoreIndex,
  target: IndexTarget,
): Promise<readonly ListedSession[]> =>
  (await Promise.all(index.subjects(target).map(async (subject) => store.findBySubject(subject)))).flat();

/** The list for the user of `session`, the newest first. */
export const createSessionList = (
  session: Session,
  stored: readonly ListedSession[],
  abouts: SessionAbouts,
): readonly SessionSummary[] =>
  stored
    .flatMap(({ id, about, lastSeenAt }) => {
      const known = abouts.open(subjectOf(session), about);
      return known === undefined ? [] : [{ id, lastSeenAt, ...known }];
    })
    .sort((one, other) => other.createdAt - one.createdAt)
    .map(({ id, createdAt, lastSeenAt, browser, system }) => ({
      id,
      createdAt: new Date(createdAt).toISOString(),
      lastSeenAt: new Date(lastSeenAt).toISOString(),
      browser,
      system,
      current: id === session.id,
    }));
