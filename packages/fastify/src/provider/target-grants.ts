import { clientCredentialsGrant, genericGrantRequest } from 'openid-client';
import { createDpopKey, proveKey, withNonce } from './dpop.ts';
import type { ProviderContext } from './provider-context.ts';
import { asRetryable, findRefusal, providerProblem, refusesTarget } from './provider-errors.ts';
import { TargetRefused } from './provider-refusals.ts';
import { createGrantedTokens } from './token-answer.ts';
import {
  describeTarget,
  type ExchangedToken,
  type TargetToken,
  type TokenTarget,
  targetParameters,
} from './token-target.ts';

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The refusal of a target that an error comes from, if it is one. */
export const findTargetRefusal = (error: unknown, target: TokenTarget): TargetRefused | undefined => {
  const refusal = findRefusal(error);
  if (refusal?.error === undefined || !refusesTarget(refusal)) return undefined;
  const message = `${refusal.message} to a request for ${describeTarget(target)}`;
  return new TargetRefused(message, refusal.error, error);
};

type Grant = Parameters<typeof createGrantedTokens>[0];
type Configuration = Parameters<typeof clientCredentialsGrant>[0];

const requestToken = async (
  { authenticated, discovery, options }: ProviderContext,
  target: TokenTarget,
  ask: (config: Configuration) => Promise<Grant>,
): Promise<TargetToken> => {
  const metadata = await discovery.require();
  try {
    const granted = createGrantedTokens(
      await withNonce(() => authenticated(metadata, 'token_endpoint', ask)),
      options,
    );
    return { accessToken: granted.accessToken, accessTokenExpiresAt: granted.accessTokenExpiresAt };
  } catch (error) {
    const refused = findTargetRefusal(error, target);
    if (refused !== undefined) throw refused;
    discovery.doubt();
    throw asRetryable(providerProblem(error));
  }
};

/**
 * Exchanges the access token of a person for one that is made for another API, bound to the same key.
 *
 * @see RFC 8693 section 2.1
 */
export const exchangeToken = async (
  context: ProviderContext,
  { accessToken, dpopKey }: ExchangedToken,
  target: TokenTarget,
): Promise<TargetToken> => {
  const parameters = {
    subject_token: accessToken,
    subject_token_type: accessTokenType,
    ...targetParameters(target),
  };
  return requestToken(context, target, async (config) =>
    genericGrantRequest(config, exchangeGrant, parameters, await proveKey(config, dpopKey, context.nonces)),
  );
};

/**
 * Asks for an access token of the client itself, which is about no person; bound to a key of its own where tokens are.
 *
 * @see RFC 6749 section 4.4
 */
export const requestClientToken = async (
  context: ProviderContext,
  target: TokenTarget,
): Promise<TargetToken> => {
  const dpopKey = context.options.dpop === 'on' ? createDpopKey() : undefined;
  const token = await requestToken(context, target, async (config) =>
    clientCredentialsGrant(config, targetParameters(target), await proveKey(config, dpopKey, context.nonces)),
  );
  return { ...token, dpopKey };
};
