import { hash } from 'node:crypto';
import type { JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

const hashOf = (accessToken: string, algorithm: string): string => {
  const name = algorithm.startsWith('Ed') ? 'sha512' : `sha${algorithm.slice(-3)}`;
  const digest = hash(name, accessToken, 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

/** Requires that `at_hash`, where it is present, is that of the access token. @see OpenID Connect Core section 3.1.3.8 */
export const requireAccessTokenHash = (
  { at_hash: found }: JsonObject,
  accessToken: string,
  algorithm: string,
): void => {
  if (found === undefined || found === null) return;
  if (found !== hashOf(accessToken, algorithm)) throw refusedClaim('at_hash differs');
};
