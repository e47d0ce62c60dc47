import { clientCredentialsGrant, genericGrantRequest } from 'openid-client';
import { createDpopKey } from './dpop.ts';
import { requestGrant } from './grant.ts';
import type { ProviderContext } from './provider-context.ts';
import { asRetryable, findRefusal, providerProblem, refusesTarget } from './provider-errors.ts';
import { TargetRefused } from './provider-refusals.ts';
import type { AccessToken, DpopKey, IssuedToken } from './token-set.ts';

/**
 * What an access token is asked for, beside what the session's own token is for.
 *
 * @see RFC 8707 section 2.2; RFC 8693 section 2.1
 */
export interface TokenTarget {
  /** Name of the API at the provider. */
  readonly audience?: string | undefined;
  /** URL of the API. */
  readonly resource?: string | undefined;
  /** Scopes, separated by spaces. */
  readonly scope?: string | undefined;
  /** Kind of token that an exchange has to bring: a URN. */
  readonly requestedTokenType?: string | undefined;
}

/** The parameters of a token request for a target, in wire spelling. */
export const targetParameters = ({
  audience,
  resource,
  scope,
  requestedTokenType,
}: TokenTarget): Record<string, string> => ({
  ...(audience !== undefined && { audience }),
  ...(resource !== undefined && { resource }),
  ...(scope !== undefined && { scope }),
  ...(requestedTokenType !== undefined && { requested_token_type: requestedTokenType }),
});

/** A target as the log names it. */
const describeTarget = (target: TokenTarget): string =>
  Object.entries(targetParameters(target))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'no particular audience';

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The refusal of a target that an error comes from, if it is one. */
export const findTargetRefusal = (error: unknown, target: TokenTarget): TargetRefused | undefined => {
  const refusal = findRefusal(error);
  if (refusal?.error === undefined || !refusesTarget(refusal)) return undefined;
  const message = `${refusal.message} to a request for ${describeTarget(target)}`;
  return new TargetRefused(message, refusal.error, error);
};

const requestToken = async (
  context: ProviderContext,
  { target, dpopKey }: { readonly target: TokenTarget; readonly dpopKey: DpopKey | undefined },
  grant: Parameters<typeof requestGrant>[2],
): Promise<IssuedToken> => {
  try {
    const request = { dpopKey, isAboutSession: false };
    const { accessToken, accessTokenExpiresAt } = await requestGrant(context, request, grant);
    return { accessToken, accessTokenExpiresAt, dpopKey };
  } catch (error) {
    const refused = findTargetRefusal(error, target);
    if (refused !== undefined) throw refused;
    context.discovery.doubt();
    throw asRetryable(providerProblem(error));
  }
};

/**
 * Exchanges a person's access token for one that is made for another API, bound to the same key where there is one.
 *
 * @throws TargetRefused when the provider issues none; Problem when it is in trouble.
 * @see RFC 8693 section 2.1
 */
export const exchangeToken = async (
  context: ProviderContext,
  { accessToken, dpopKey }: AccessToken,
  target: TokenTarget,
): Promise<IssuedToken> => {
  const subject = { subject_token: accessToken, subject_token_type: accessTokenType };
  const parameters = { ...subject, ...targetParameters(target) };
  return requestToken(context, { target, dpopKey }, (config, options) =>
    genericGrantRequest(config, exchangeGrant, parameters, options),
  );
};

/**
 * Asks for an access token of the client itself, which is about no person; bound to a key of its own where tokens are.
 *
 * @throws TargetRefused when the provider issues none; Problem when it is in trouble.
 * @see RFC 6749 section 4.4
 */
export const requestClientToken = async (
  context: ProviderContext,
  target: TokenTarget,
): Promise<IssuedToken> => {
  const dpopKey = context.options.dpop === 'on' ? createDpopKey() : undefined;
  return requestToken(context, { target, dpopKey }, (config, options) =>
    clientCredentialsGrant(config, targetParameters(target), options),
  );
};
