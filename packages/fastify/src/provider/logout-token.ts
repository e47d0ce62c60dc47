import { errors, type JWTVerifyResult } from 'jose';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { isAbsent, isObject, type JsonObject } from './json-object.ts';
import type { ProviderContext } from './provider-context.ts';
import { providerProblem } from './provider-errors.ts';
import { LogoutTokenInvalid } from './provider-refusals.ts';
import { type TokenTrust, verifySigned } from './signed-token.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const maxAgeSeconds = 120;

const requireThat: (holds: boolean, reason: string) => asserts holds = (holds, reason) => {
  if (!holds) throw new LogoutTokenInvalid(reason);
};

const optionalText = (claims: JsonObject, name: string): string | undefined => {
  const value = claims[name];
  if (isAbsent(value)) return undefined;
  requireThat(typeof value === 'string' && value.length <= 255, `${name} is malformed`);
  return value;
};

const judge = ({ payload, protectedHeader }: JWTVerifyResult, trust: TokenTrust): LogoutToken => {
  const { providerId: provider, clientId, clock, clockTolerance } = trust.options;
  const { iss, iat } = payload;
  const { typ } = protectedHeader;
  const now = clock() / 1000;
  requireThat(iss !== undefined && isAcceptedIssuer(iss, trust), 'iss is another issuer');
  const isKnown = isAbsent(typ) || /^(application\/)?(jwt|logout\+jwt)$/i.test(String(typ));
  requireThat(isKnown, 'typ is another kind');
  const { events } = payload;
  requireThat(isObject(events) && isObject(events[event]), 'events has no back-channel logout');
  requireThat(payload.nonce === undefined, 'nonce is present');
  requireThat(typeof iat === 'number' && iat <= now + clockTolerance, 'iat is not acceptable');
  requireThat(iat >= now - maxAgeSeconds - clockTolerance, 'the token is too old');
  const sub = optionalText(payload, 'sub');
  const sid = optionalText(payload, 'sid');
  const jti = optionalText(payload, 'jti');
  requireThat(sub !== undefined || sid !== undefined, 'sub and sid are missing');
  requireThat(jti !== undefined, 'jti is missing');
  const staleAt = (iat + maxAgeSeconds + clockTolerance) * 1000;
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
  const requiredClaims = ['iss', 'iat', 'jti', 'events'];
  try {
    return judge(
      await verifySigned(token, trust, { audience: trust.options.clientId, requiredClaims }),
      trust,
    );
  } catch (error) {
    // A bad token is no sign of old metadata: anyone can send one.
    if (error instanceof LogoutTokenInvalid) throw error;
    if (error instanceof errors.JOSEError || error instanceof TypeError)
      throw new LogoutTokenInvalid('the token is not acceptable', { cause: error });
    discovery.doubt();
    throw providerProblem(error);
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
