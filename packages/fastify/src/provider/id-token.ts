import { createHash, timingSafeEqual } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { Problem } from '../problems.ts';
import { requireShallow } from './claims-depth.ts';
import { providerProblem } from './provider-errors.ts';
import { type TokenTrust, verifySigned } from './signed-token.ts';

/** What an ID token must agree with beside the trust. `nonce` undefined: a refreshed one may have any. */
export interface IdTokenChecks {
  readonly nonce: string | undefined;
  readonly maxAge: number | undefined;
  readonly accessToken: string | undefined;
}

/** Claims of a verified ID token. */
export type IdTokenClaims = JWTPayload & { readonly sub: string };

/** A token whose claims are not acceptable. */
const unacceptable = (reason: string): Problem =>
  new Problem('provider_invalid_response', `ID token: ${reason}`);

const hashName = (alg: string): string => (alg.startsWith('Ed') ? 'sha512' : `sha${alg.slice(-3)}`);

const matchesHash = (hash: unknown, value: string, alg: string): boolean => {
  if (typeof hash !== 'string') return false;
  const digest = createHash(hashName(alg)).update(value).digest();
  const expected = Buffer.from(digest.subarray(0, digest.length / 2).toString('base64url'));
  const found = Buffer.from(hash);
  return found.length === expected.length && timingSafeEqual(found, expected);
};

const checkAudience = ({ aud, azp }: JWTPayload, clientId: string): void => {
  if (azp !== undefined && azp !== clientId) throw unacceptable('azp is another client');
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined) throw unacceptable('azp is missing');
};

const checkTimes = (claims: JWTPayload, maxAge: number | undefined, options: TokenTrust['options']): void => {
  const latest = options.clock() / 1000 + options.clockTolerance;
  if (typeof claims.iat !== 'number' || claims.iat > latest) throw unacceptable('iat is not acceptable');
  if (maxAge === undefined) return;
  const { auth_time } = claims;
  if (typeof auth_time !== 'number') throw unacceptable('auth_time is missing though max_age was asked');
  if (auth_time + maxAge < options.clock() / 1000 - options.clockTolerance) {
    throw unacceptable('auth_time is older than max_age');
  }
};

const checkSubject = (sub: unknown): string => {
  if (typeof sub !== 'string' || sub.length < 1 || sub.length > 255) throw unacceptable('sub is malformed');
  return sub;
};

const verify = async (token: string, trust: TokenTrust, checks: IdTokenChecks): Promise<IdTokenClaims> => {
  const { payload, protectedHeader } = await verifySigned(token, trust, ['iss', 'aud', 'sub', 'iat', 'exp']);
  const { typ } = protectedHeader;
  if (typ !== undefined && String(typ).toUpperCase() !== 'JWT')
    throw unacceptable('typ is another kind of token');
  const sub = checkSubject(payload.sub);
  checkAudience(payload, trust.options.clientId);
  checkTimes(payload, checks.maxAge, trust.options);
  if (checks.nonce !== undefined && payload.nonce !== checks.nonce) throw unacceptable('nonce differs');
  const { at_hash } = payload;
  if (at_hash !== undefined && checks.accessToken !== undefined) {
    if (!matchesHash(at_hash, checks.accessToken, protectedHeader.alg)) throw unacceptable('at_hash differs');
  }
  requireShallow(payload);
  return { ...payload, sub };
};

/**
 * Verifies an ID token in full.
 *
 * @throws Problem `provider_invalid_response`, or what fetching the keys met.
 * @see OpenID Connect Core section 3.1.3.7
 */
export const verifyIdToken = async (
  token: string,
  trust: TokenTrust,
  checks: IdTokenChecks,
): Promise<IdTokenClaims> => {
  try {
    return await verify(token, trust, checks);
  } catch (error) {
    throw providerProblem(error);
  }
};
