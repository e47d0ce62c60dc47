import { LRUCache } from 'lru-cache';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type AccessToken, TargetRefused } from '../provider/provider.ts';
import { createRefreshBackoff } from './refresh-backoff.ts';
import type { RequestedToken } from './requested-token.ts';
import type { TokenContext } from './token-context.ts';
import { type HeldToken, isRefreshDue, isValid } from './token-life.ts';

/** The client's own access tokens, which all sessions of this process share. */
export interface ClientTokens {
  /**
   * A valid access token that is about no person, asked for again when it expires within 30 s or half of its life.
   *
   * @throws Problem `provider_error` when the provider issues none, `provider_unavailable` when it is in trouble.
   */
  readonly clientToken: (requested: ClientToken) => Promise<AccessToken>;
}

/** A token of the client itself, as a route asks for it. */
type ClientToken = Extract<RequestedToken, { readonly source: 'client' }>;

/** Routes of one's own may name any target. */
const mostTokens = 1000;

const asProblem = (error: unknown): Problem | undefined => {
  if (error instanceof TargetRefused)
    return new Problem('provider_error', `${error.message}: look at \`token\` of the API route`, {
      cause: error,
    });
  return error instanceof Problem && error.code.startsWith('provider_') ? error : undefined;
};

/** Makes the client's own access tokens: one request for each target at a time. @see RFC 6749 section 4.4 */
export const createClientTokens = ({
  options: { clock },
  provider,
  log,
}: Pick<TokenContext, 'options' | 'provider' | 'log'>): ClientTokens => {
  const backoff = createRefreshBackoff();
  const tokens = new LRUCache<string, HeldToken>({ max: mostTokens });
  const underway = new Map<string, Promise<AccessToken>>();

  const validOrThrow = (key: string, problem: Problem): AccessToken => {
    const held = tokens.get(key);
    if (isValid(held, clock())) return held;
    throw problem;
  };

  const request = async ({ key, target }: ClientToken): Promise<AccessToken> => {
    try {
      const held = { ...(await provider.clientToken(target)), issuedAt: clock() };
      tokens.set(key, held);
      backoff.succeeded(key);
      return held;
    } catch (error) {
      const problem = asProblem(error);
      if (problem === undefined) throw error;
      logEvent(log, 'refresh_trouble', { err: problem });
      const scope = error instanceof TargetRefused ? 'session' : 'provider';
      backoff.failed(key, { scope, atLeastMs: (problem.retryAfter ?? 0) * 1000, problem });
      return validOrThrow(key, problem);
    }
  };

  return {
    clientToken: async (requested) => {
      const { key } = requested;
      const held = tokens.get(key);
      if (held !== undefined && !isRefreshDue(held, clock())) return held;
      const known = underway.get(key);
      if (known !== undefined) return known;
      const last = backoff.remainingMs(key) > 0 ? backoff.lastProblem(key) : undefined;
      if (last !== undefined) return validOrThrow(key, last);
      const started = request(requested).finally(() => underway.delete(key));
      underway.set(key, started);
      return started;
    },
  };
};
