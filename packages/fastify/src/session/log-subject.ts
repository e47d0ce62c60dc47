import type { FastifyRequest } from 'fastify';
import { clientAddress } from '../logging/client-address.ts';
import type { ResolvedOptions } from '../options.ts';
import { deriveKeys, keyedDigest } from './sealing.ts';

/** Names a person in the log, as `logSubject` says; `undefined` where it names no one. */
export type NameSubject = (sub: string) => string | undefined;

const hashLength = 22;

/** Makes the names: the subject itself, or a hash that cannot be made, nor a subject guessed by it, without the session key. */
export const createSubjectNames = ({
  logSubject,
  sessionKeys,
}: Pick<ResolvedOptions, 'logSubject' | 'sessionKeys'>): NameSubject => {
  if (logSubject === 'plain') return (sub) => sub;
  if (logSubject === 'none') return () => undefined;
  const [key] = deriveKeys(sessionKeys, 'log subject');
  return (sub) => keyedDigest(key, sub).toString('base64url').slice(0, hashLength);
};

const subjectOfRequest: unique symbol = Symbol('foyer.subject');

declare module 'fastify' {
  interface FastifyRequest {
    [subjectOfRequest]?: string;
  }
}

/** Remembers whose session a request has, for the lines that are logged of it. */
export const noteSubject = (request: FastifyRequest, sub: string): void => {
  request[subjectOfRequest] = sub;
};

const nameSubjectOf = ({ server }: FastifyRequest): NameSubject | undefined =>
  server.hasDecorator('foyer') ? server.foyer.nameSubject : undefined;

/** Who a line of the log is about, and from which address; by default the person whose session the request has. */
export const whoOf = (
  request: FastifyRequest,
  sub = request[subjectOfRequest],
): { readonly subject: string | undefined; readonly address: string } => ({
  subject: sub === undefined ? undefined : nameSubjectOf(request)?.(sub),
  address: clientAddress(request),
});
