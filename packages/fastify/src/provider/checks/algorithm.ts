import { errors } from 'jose';
import { profileAlgorithms } from '../../options/client-keys.ts';
import { asymmetricAlgorithms } from '../../options/provider-options.ts';
import type { ResolvedOptions } from '../../options.ts';
import { cleanText } from '../json-object.ts';

/** `EdDSA` and `Ed25519` name one algorithm. @see RFC 9864 section 2.2 */
const withOtherName = (algorithm: string): readonly string[] =>
  algorithm === 'EdDSA' || algorithm === 'Ed25519' ? ['EdDSA', 'Ed25519'] : [algorithm];

/**
 * The one configured algorithm, or what the metadata lists among asymmetric ones, `RS256` where it lists none; with a
 * security profile those of the profile alone.
 */
export const acceptedAlgorithms = (
  { idTokenAlg, profile }: Pick<ResolvedOptions, 'idTokenAlg' | 'profile'>,
  listed: readonly string[],
): readonly string[] => {
  if (idTokenAlg !== undefined) return withOtherName(idTokenAlg);
  const possible = profile === undefined ? asymmetricAlgorithms : profileAlgorithms;
  const usable = listed.filter((algorithm) => possible.includes(algorithm));
  if (profile !== undefined) return [...new Set(usable.flatMap(withOtherName))];
  return usable.length === 0 ? ['RS256'] : [...new Set(usable.flatMap(withOtherName))];
};

/** @throws JOSEAlgNotAllowed with what came, what is accepted, and the setting. */
export const requireAlgorithm = (found: unknown, accepted: readonly string[]): void => {
  if (typeof found === 'string' && accepted.includes(found)) return;
  throw new errors.JOSEAlgNotAllowed(
    `the token is signed with ${cleanText(String(found))}, and ${accepted.join(', ')} is accepted: look at ` +
      'OIDC_ID_TOKEN_ALG and at how the client is registered',
  );
};
