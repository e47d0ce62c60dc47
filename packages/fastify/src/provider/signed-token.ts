import { errors, type JWTPayload } from 'jose';
import { memoize } from '../memoize.ts';
import type { ResolvedOptions } from '../options.ts';
import type { FindKey } from './key-set.ts';
import { parseObject } from './provider-errors.ts';
import { verifySignature } from './token-signature.ts';

/** What a token of the provider is verified against. */
export interface TokenTrust {
  readonly issuer: string;
  readonly options: Pick<ResolvedOptions, 'idTokenAlg' | 'clientId' | 'clock' | 'clockTolerance'>;
  readonly findKey: FindKey;
}

/** A token whose signature is good and whose `iss`, `aud`, `exp` and `nbf` are ours and of now. */
export interface SignedToken {
  readonly payload: JWTPayload;
  readonly protectedHeader: Readonly<Record<string, unknown>> & { readonly alg: string };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Base64 has several spellings of the same bytes, and Node reads more of them: only one is the token's. */
const decodePart = (part: string): Buffer => {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new errors.JWSInvalid('A part is not base64url');
  return bytes;
};

const decodeObject = (part: string): Record<string, unknown> => {
  const bytes = decodePart(part);
  try {
    const parsed = parseObject(utf8.decode(bytes));
    if (parsed !== undefined) return parsed;
  } catch (cause) {
    throw new errors.JWSInvalid('A part is not UTF-8', { cause });
  }
  throw new errors.JWSInvalid('A part is not a JSON object');
};

/** Headers that are remembered as they were read: a provider writes one of a few. */
const mostHeaders = 16;

const decodeHeader = memoize(mostHeaders, (part) => Object.freeze(decodeObject(part)));

/** No extension is understood here. @see RFC 7515 section 4.1.11 */
const parseHeader = (part: string, allowed: string): SignedToken['protectedHeader'] => {
  const header = decodeHeader(part);
  const { alg, crit } = header;
  if (alg !== allowed) throw new errors.JOSEAlgNotAllowed('alg is not the configured one');
  if (crit !== undefined) throw new errors.JOSENotSupported('crit names an extension');
  return { ...header, alg };
};

const readTime = (claims: Record<string, unknown>, name: string): number | undefined => {
  const value = claims[name];
  if (value === undefined || typeof value === 'number') return value;
  throw new errors.JWTInvalid(`${name} is not a number`);
};

const requireThat = (holds: boolean, reason: string): void => {
  if (!holds) throw new errors.JWTInvalid(reason);
};

const checkClaims = (claims: Record<string, unknown>, { issuer, options }: TokenTrust): void => {
  const { iss, aud } = claims;
  requireThat(iss === issuer, 'iss is another issuer');
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  requireThat(audience.includes(options.clientId), 'aud does not name this client');
  const now = Math.floor(options.clock() / 1000);
  readTime(claims, 'iat');
  const notBefore = readTime(claims, 'nbf') ?? Number.NEGATIVE_INFINITY;
  requireThat(notBefore <= now + options.clockTolerance, 'nbf is in the future');
  const expiry = readTime(claims, 'exp') ?? Number.POSITIVE_INFINITY;
  requireThat(expiry > now - options.clockTolerance, 'exp has passed');
};

/**
 * Verifies signature, `iss`, `aud`, `exp`, `nbf` of any token of the provider and gives back its parts.
 *
 * @throws JOSEError, or what finding the key met.
 * @see RFC 7515 section 5.2; RFC 7519 section 7.2
 */
export const verifySigned = async (
  token: string,
  trust: TokenTrust,
  requiredClaims: readonly string[],
): Promise<SignedToken> => {
  const [head = '', body = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) throw new errors.JWSInvalid('The token does not have three parts');
  const protectedHeader = parseHeader(head, trust.options.idTokenAlg);
  const key = await trust.findKey(protectedHeader);
  verifySignature(protectedHeader.alg, key, `${head}.${body}`, decodePart(signature));
  const payload = decodeObject(body);
  for (const name of requiredClaims) requireThat(Object.hasOwn(payload, name), `${name} is missing`);
  checkClaims(payload, trust);
  return { payload, protectedHeader };
};
