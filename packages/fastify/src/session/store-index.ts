import { deriveKey, keyedDigest } from './session-keys.ts';
import type { Session } from './session-record.ts';

/** A client at its provider. */
export interface IndexClient {
  readonly issuer: string;
  readonly clientId: string;
}

/** Whose session, as provider and client know it. */
export interface IndexTarget extends IndexClient {
  /** The subject or the provider's session id. */
  readonly value: string;
}

/** One digest for each session key. The first is the one to store under, all are looked up. */
type Digests = readonly [string, ...string[]];

/** Keyed digests under which a store finds sessions, so that it learns neither subjects nor provider sessions. */
export interface StoreIndex {
  readonly subject: (target: IndexTarget) => Digests;
  readonly providerSession: (target: IndexTarget) => Digests;
}

/** Makes the index of the session keys. */
export const createStoreIndex = (sessionKeys: readonly Uint8Array[]): StoreIndex => {
  const [first, ...others] = sessionKeys.map((key) => deriveKey(key, 'index'));
  if (first === undefined) throw new Error('There is no session key');
  const digestsOf =
    (kind: 'sub' | 'sid') =>
    ({ issuer, clientId, value }: IndexTarget): Digests => {
      const text = JSON.stringify([kind, issuer, clientId, value]);
      const digest = (key: Buffer): string => keyedDigest(key, text).toString('base64url');
      return [digest(first), ...others.map(digest)];
    };
  return { subject: digestsOf('sub'), providerSession: digestsOf('sid') };
};

/** The subject of a session, as the index knows it. */
export const subjectOf = ({
  record,
  user,
  clientId,
}: Pick<Session, 'record' | 'user' | 'clientId'>): IndexTarget => ({
  clientId,
  issuer: record.issuer,
  value: user.sub,
});
