import { createSecretKey } from 'node:crypto';
import { keyedDigest } from './keyed-digest.ts';
import type { Session } from './live-session.ts';
import { deriveKey } from './session-cookie.ts';

/** A client at its provider. */
export type IndexClient = Pick<IndexTarget, 'issuer' | 'clientId'>;

/** Whose session, as provider and client know it. */
export interface IndexTarget {
  readonly issuer: string;
  readonly clientId: string;
  /** The subject or the provider's session id. */
  readonly value: string;
}

/** Keyed digests under which a store finds sessions, so that it learns neither subjects nor provider sessions. */
export interface StoreIndex {
  /** The digest to store a subject's session under. */
  readonly subject: (target: IndexTarget) => string;
  readonly providerSession: (target: IndexTarget) => string;
  /** Every digest that such a session may have been stored under: one for each session key. */
  readonly subjects: (target: IndexTarget) => readonly string[];
  readonly providerSessions: (target: IndexTarget) => readonly string[];
}

/** Makes the index; the first session key writes, all are looked up. */
export const createStoreIndex = (sessionKeys: readonly Uint8Array[]): StoreIndex => {
  const keys = sessionKeys.map((key) => deriveKey(createSecretKey(key), 'index'));
  const digests = (kind: 'sub' | 'sid', { issuer, clientId, value }: IndexTarget): string[] =>
    keys.map((key) =>
      keyedDigest(key, JSON.stringify([kind, issuer, clientId, value])).toString('base64url'),
    );
  const first = ([digest]: readonly string[]): string => {
    if (digest === undefined) throw new Error('There is no session key');
    return digest;
  };
  return {
    subject: (target) => first(digests('sub', target)),
    providerSession: (target) => first(digests('sid', target)),
    subjects: (target) => digests('sub', target),
    providerSessions: (target) => digests('sid', target),
  };
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
