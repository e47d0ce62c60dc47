import { errors } from 'jose';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { isAbsent, isObject } from './json-object.ts';
import type { ProviderContext } from './provider-context.ts';
import { providerProblem } from './provider-errors.ts';
import { LogoutTokenInvalid } from './provider-refusals.ts';
import { type TokenTrust, verifySigned } from './signed-token.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const maxAge = 120;

const requireThat: (holds: boolean, reason: string) => asserts holds = (holds, reason) => {
  if (!holds) throw new LogoutTokenInvalid(reason);
};

const optionalText = (value: unknown, name: string): string | undefined => {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string' || value.length > 255) {
    throw new LogoutTokenInvalid(`${name} is malformed`);
  }
  return value;
};

const verify = async (token: string, trust: TokenTrust): Promise<LogoutToken> => {
  const { clock, clockTolerance } = trust.options;
  const { payload, protectedHeader } = await verifySigned(token, trust, {
    audience: trust.options.clientId,
    requiredClaims: ['iss', 'iat', 'jti', 'events'],
  }).catch((error: unknown) => {
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      throw new LogoutTokenInvalid('the token is not acceptable', { cause: error });
    throw providerProblem(error);
  });
  const { iss } = payload;
  requireThat(iss !== undefined && isAcceptedIssuer(iss, trust), 'iss is another issuer');
  const { typ } = protectedHeader;
  requireThat(
    isAbsent(typ) || /^(application\/)?(jwt|logout\+jwt)$/i.test(String(typ)),
    'typ is another kind',
  );
  requireThat(
    isObject(payload.events) && isObject(payload.events[event]),
    'events has no back-channel logout',
  );
  requireThat(payload.nonce === undefined, 'nonce is present');
  const { iat } = payload;
  const now = clock() / 1000;
  requireThat(typeof iat === 'number' && iat <= now + clockTolerance, 'iat is not acceptable');
  requireThat(iat >= now - maxAge - clockTolerance, 'the token is too old');
  const sub = optionalText(payload.sub, 'sub');
  const sid = optionalText(payload.sid, 'sid');
  const jti = optionalText(payload.jti, 'jti');
  requireThat(sub !== undefined || sid !== undefined, 'sub and sid are missing');
  requireThat(jti !== undefined, 'jti is missing');
  const staleAt = (iat + maxAge + clockTolerance) * 1000;
  const { providerId: provider, clientId } = trust.options;
  return { provider, clientId, issuer: iss, sub, sid, jti, issuedAt: iat * 1000, staleAt };
};

/**
 * Verifies a logout token.
 *
 * @throws LogoutTokenInvalid; Problem `provider_*` when the keys cannot be fetched.
 * @see OpenID Connect Back-Channel Logout section 2.6
 */
export const verifyLogoutToken = async (
  { discovery, discovered }: ProviderContext,
  token: string,
): Promise<LogoutToken> => {
  const { trust } = await discovered();
  try {
    return await verify(token, trust);
  } catch (error) {
    // A bad token is no sign of old metadata: anyone can send one.
    if (!(error instanceof LogoutTokenInvalid)) discovery.doubt();
    throw error;
  }
};

/** A valid logout token. @see OpenID Connect Back-Channel Logout section 2.4 */
export interface LogoutToken {
  /** The id of the provider in the configuration, and the client that the token is for. */
  readonly provider: string;
  readonly clientId: string;
  readonly issuer: string;
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly jti: string;
  /** Milliseconds since the epoch, by the provider's clock. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch: from when on a replay is refused for its age alone. */
  readonly staleAt: number;
}
