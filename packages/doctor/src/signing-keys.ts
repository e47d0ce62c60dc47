import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { isObject, isSameAlgorithm, parseJson } from './metadata.ts';
import { ask } from './try-provider.ts';

/** @see RFC 7518 section 3.3 */
const minKeyBits = 2048;

/** Bits of an RSA key's modulus; infinite for keys on curves, whose strength is that of their algorithm. */
const bitsOf = ({ kty, n }: Record<string, unknown>): number =>
  kty === 'RSA' && typeof n === 'string' ? Buffer.from(n, 'base64url').length * 8 : Number.POSITIVE_INFINITY;

/** Examines the keys that the provider publishes for ID tokens. */
export const examineSigningKeys = async (options: ResolvedOptions, uri: unknown): Promise<Finding> => {
  const { idTokenAlg: alg } = options;
  const remedy = 'Check the provider.';
  if (typeof uri !== 'string') return ofProvider('bad', `names no jwks_uri. ${remedy}`);
  const { status, text } = await ask(uri, options);
  const set = status === 200 ? parseJson(text) : undefined;
  const keys = isObject(set) && Array.isArray(set.keys) ? set.keys.filter(isObject) : [];
  const usable = keys.filter(
    ({ use, alg: ofKey }) =>
      use !== 'enc' && (alg === undefined || ofKey === undefined || isSameAlgorithm(ofKey, alg)),
  );
  const weakest = Math.min(...usable.map(bitsOf));
  if (weakest < minKeyBits)
    return ofProvider(
      'bad',
      `signs with a key of ${weakest} bits. Replace it with one of ${minKeyBits} bits or more.`,
    );
  return usable.length > 0
    ? ofProvider(
        'ok',
        `publishes ${usable.length} key${usable.length === 1 ? '' : 's'} for ${alg ?? 'its signatures'}`,
      )
    : ofProvider('bad', `publishes no key for ${alg ?? 'its signatures'} at ${uri}. ${remedy}`);
};
