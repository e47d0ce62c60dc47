import { decodeProtectedHeader, errors, type JWSHeaderParameters } from 'jose';
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

const readHeader = (token: string): JWSHeaderParameters => {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWSInvalid('The token has no readable header', { cause });
  }
};

/**
 * Requires one spelling of the token, because base64 has several and jose reads padding, an accepted algorithm, and no
 * extension, not even one that jose knows.
 *
 * @throws JOSEError.
 * @see RFC 7515 sections 2 and 4.1.11
 */
export const requireHeader = (token: string, accepted: readonly string[]): JWSHeaderParameters => {
  const parts = token.split('.');
  if (parts.length !== 3) throw new errors.JWSInvalid('The token does not have three parts');
  if (parts.some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part))
    throw new errors.JWSInvalid('A part is not base64url');
  const header = readHeader(token);
  requireAlgorithm(header.alg, accepted);
  if (header.crit !== undefined) throw new errors.JOSENotSupported('crit names an extension');
  return header;
};
