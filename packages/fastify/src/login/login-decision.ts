import type { FastifyRequest } from 'fastify';
import { type LoginDecision, loginDecision } from '../options/session-options.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { CompletedLogin, Provider } from '../provider/provider.ts';
import type { ShownClaims } from '../session/session-record.ts';
import { parseReturnTo, type ReturnTo } from './return-to.ts';

/** A sign-in that the application has let pass. */
interface DecidedLogin {
  readonly shown: ShownClaims | undefined;
  /** Where the browser goes, when the application says so. */
  readonly returnTo: ReturnTo | undefined;
}

/** A malformed decision refuses the sign-in. */
const decide = async (
  { onLogin }: ResolvedOptions,
  { sub, claims, idTokenClaims }: CompletedLogin,
  request: FastifyRequest,
): Promise<LoginDecision> => {
  if (onLogin === undefined) return {};
  try {
    return loginDecision.parse((await onLogin({ claims: { ...claims, sub }, idTokenClaims, request })) ?? {});
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('internal_error', 'onLogin failed', { cause: error });
  }
};

/**
 * Lets the application decide about a sign-in before it has a session.
 *
 * @throws Problem `access_denied` when it refuses, `internal_error` when it fails.
 */
export const decideLogin = async (
  { options, provider }: { readonly options: ResolvedOptions; readonly provider: Provider },
  login: CompletedLogin,
  request: FastifyRequest,
): Promise<DecidedLogin> => {
  const { refuse, add, hide, returnTo } = await decide(options, login, request);
  if (refuse !== undefined) {
    // Tokens that no session keeps are of no use to anyone.
    void provider.revoke(login.tokens.refreshToken, request.log);
    throw new Problem('access_denied', `onLogin refused the sign-in: ${refuse}`);
  }
  return {
    shown: add === undefined && hide === undefined ? undefined : { add, hide },
    returnTo: returnTo === undefined ? undefined : parseReturnTo(returnTo, options),
  };
};
