import { createHash, timingSafeEqual } from 'node:crypto';
import { refusedClaim } from './refused-claim.ts';

const hashName = (algorithm: string): string =>
  algorithm.startsWith('Ed') ? 'sha512' : `sha${algorithm.slice(-3)}`;

const matchesHash = (hash: string, value: string, algorithm: string): boolean => {
  const digest = createHash(hashName(algorithm)).update(value).digest();
  const expected = Buffer.from(digest.subarray(0, digest.length / 2).toString('base64url'));
  const found = Buffer.from(hash);
  return found.length === expected.length && timingSafeEqual(found, expected);
};

/** Requires that `at_hash`, where it is present, is that of the access token. @see OpenID Connect Core section 3.1.3.8 */
export const requireAccessTokenHash = (
  { at_hash: hash }: Readonly<Record<string, unknown>>,
  accessToken: string,
  algorithm: string,
): void => {
  if (hash === undefined || hash === null) return;
  if (typeof hash !== 'string' || !matchesHash(hash, accessToken, algorithm))
    throw refusedClaim('at_hash differs');
};
