import type { RouteToken } from '../options.ts';
import type { TokenTarget } from '../provider/provider.ts';

/** An access token of the signed-in person: the session's own, or one for a target of its own. */
export interface PersonToken {
  readonly source: 'session' | 'refresh' | 'exchange';
  readonly target: TokenTarget;
  /** Distinguishes the tokens of one session; `''` for the session's own. */
  readonly key: string;
}

/** An access token of the client itself, which is about no person. */
export interface ClientToken extends Pick<PersonToken, 'target' | 'key'> {
  readonly source: 'client';
}

/** The access token that a call is sent with; `none` sends none. */
export type RequestedToken = PersonToken | ClientToken | { readonly source: 'none' };

/** The access token of the session. */
export const sessionToken: PersonToken = { source: 'session', target: {}, key: '' };

const createFor = <Source extends 'client' | 'exchange' | 'refresh'>(source: Source, target: TokenTarget) => {
  const { audience, resource, scope, requestedTokenType } = target;
  return { source, target, key: JSON.stringify([source, audience, resource, scope, requestedTokenType]) };
};

/** Reads which token a setting means. */
export const createRequestedToken = (setting: RouteToken = 'session'): RequestedToken => {
  if (setting === 'session') return sessionToken;
  if (setting === 'none') return { source: 'none' };
  if (setting === 'client') return createFor('client', {});
  if ('client' in setting) return createFor('client', setting.client);
  if ('exchange' in setting) return createFor('exchange', setting.exchange);
  return createFor('refresh', setting);
};

/** Whether it is a token of the signed-in person. */
export const isOfPerson = (requested: RequestedToken): requested is PersonToken =>
  requested.source !== 'none' && requested.source !== 'client';
