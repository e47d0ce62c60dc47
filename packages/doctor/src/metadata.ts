import type { ResolvedOptions } from '@foyer/fastify';
import { asymmetricAlgorithms } from '@foyer/fastify/options';
import { findProfileGaps, isObject, parseObject, readEndpoint } from '@foyer/fastify/provider';
import { bad, type Finding, note, ok } from './finding.ts';
import { ask } from './try-provider.ts';

/** The provider's metadata, not checked yet. */
type FoundMetadata = Readonly<Record<string, unknown>>;

const lists = (value: unknown, item: string): boolean => Array.isArray(value) && value.includes(item);

const textsOf = (value: unknown): readonly string[] =>
  [value].flat().filter((item) => typeof item === 'string');

const bare = (text: string): string => text.replace(/\/$/, '');

const judgeTenants = (announced: string, { tenants }: ResolvedOptions): Finding => {
  if (tenants === undefined)
    return bad(`is one of many tenants (${announced}). Set OIDC_TENANTS to those that may sign in.`);
  const who = tenants.includes('*') ? 'any tenant' : `${tenants.length} of its tenants`;
  return ok(`discovered, and people of ${who} may sign in`);
};

const judgeIssuer = (options: ResolvedOptions, metadata: FoundMetadata): Finding => {
  const { issuer, discoveryUrl } = options;
  const announced = typeof metadata.issuer === 'string' ? metadata.issuer : '';
  if (announced.includes('{tenantid}')) return judgeTenants(announced, options);
  const isWhole = discoveryUrl === undefined && issuer.includes('/.well-known/');
  if (isWhole || bare(announced) === bare(issuer)) return ok(`discovered, issuer ${announced}`);
  if (announced === '') return bad('names no issuer. Check OIDC_ISSUER.');
  const remedy =
    discoveryUrl === undefined
      ? 'Set OIDC_ISSUER to exactly that, or OIDC_DISCOVERY_URL to where the metadata of the other is'
      : 'Set OIDC_ISSUER to exactly that';
  return bad(`calls itself ${announced}. ${remedy}.`);
};

/** Whether two names are of one algorithm: EdDSA has two. @see RFC 9864 section 2.2 */
const isSameAlgorithm = (one: unknown, other: string): boolean =>
  one === other || (['EdDSA', 'Ed25519'].includes(other) && (one === 'EdDSA' || one === 'Ed25519'));

const judgeAlgorithm = ({ idTokenAlg: alg }: ResolvedOptions, metadata: FoundMetadata): Finding => {
  const offered = textsOf(metadata.id_token_signing_alg_values_supported);
  const usable = offered.filter((each) => asymmetricAlgorithms.includes(each));
  const offer = offered.length === 0 ? 'nothing' : offered.join(', ');
  if (alg === undefined)
    return usable.length > 0 || offered.length === 0
      ? ok(`signs ID tokens with ${usable.join(', ') || 'RS256, since it lists nothing'}`)
      : bad(
          `offers ${offer} for ID tokens, none of which proves who signed. Register the client for RS256 or another asymmetric algorithm.`,
        );
  if (offered.length === 0)
    return note(`lists no algorithm for ID tokens: sign in once to see whether it is ${alg}.`);
  return offered.some((each) => isSameAlgorithm(each, alg))
    ? ok(`signs ID tokens with ${alg}`)
    : bad(
        `does not announce ${alg} but ${offer}. Set OIDC_ID_TOKEN_ALG to what the client is registered for.`,
      );
};

const optionalEndpoints = [
  ...['userinfo_endpoint', 'revocation_endpoint', 'end_session_endpoint'],
  'pushed_authorization_request_endpoint',
];

const judgeEndpoints = (metadata: FoundMetadata): readonly Finding[] =>
  optionalEndpoints
    .filter((name) => (metadata[name] ?? '') !== '' && readEndpoint(metadata, name) === undefined)
    .map((name) => note(`has no usable ${name}: Foyer does without it.`));

const judgePushedRequests = ({ par }: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] => {
  const isThere = readEndpoint(metadata, 'pushed_authorization_request_endpoint') !== undefined;
  const isRequired = metadata.require_pushed_authorization_requests === true;
  if (!isThere && (isRequired || par === 'always'))
    return [bad('has no endpoint for pushed authorization requests, which are demanded. Check OIDC_PAR.')];
  if (isRequired && par === 'never')
    return [bad('requires pushed authorization requests. Take OIDC_PAR away.')];
  return isThere && par !== 'never' ? [ok('gets the authorization request pushed')] : [];
};

const judgeBinding = ({ dpop }: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] => {
  if (dpop === 'off') return [];
  return lists(metadata.dpop_signing_alg_values_supported, 'ES256')
    ? [ok('binds access tokens by DPoP')]
    : [bad('does not announce DPoP with ES256. Take OIDC_DPOP away, or switch it on there.')];
};

const judgeProfile = (options: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] =>
  findProfileGaps(metadata, options).map((gap) =>
    bad(`lacks what OIDC_PROFILE=${options.profile} needs: ${gap}.`),
  );

const judgePkce = (metadata: FoundMetadata): Finding =>
  lists(metadata.code_challenge_methods_supported, 'S256')
    ? ok('supports PKCE with S256')
    : note('does not announce PKCE with S256. Foyer sends it anyway.');

const judgeRevocation = (metadata: FoundMetadata): Finding =>
  readEndpoint(metadata, 'revocation_endpoint') !== undefined
    ? ok('can revoke refresh tokens at sign-out')
    : note('cannot revoke refresh tokens: they stay valid at the provider after a sign-out.');

/** Judges what the metadata alone show. */
export const judgeMetadata = (options: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] => [
  judgeIssuer(options, metadata),
  judgeAlgorithm(options, metadata),
  judgePkce(metadata),
  judgeRevocation(metadata),
  ...judgeEndpoints(metadata),
  ...judgePushedRequests(options, metadata),
  ...judgeBinding(options, metadata),
  ...judgeProfile(options, metadata),
];

/** @see RFC 7518 section 3.3 */
const minKeyBits = 2048;

/** Bits of an RSA key's modulus; infinite for keys on curves, whose strength is that of their algorithm. */
const bitsOf = ({ kty, n }: Record<string, unknown>): number =>
  kty === 'RSA' && typeof n === 'string' ? Buffer.from(n, 'base64url').length * 8 : Number.POSITIVE_INFINITY;

/** Examines the keys that the provider publishes for ID tokens. */
export const examineSigningKeys = async (options: ResolvedOptions, uri: unknown): Promise<Finding> => {
  const { idTokenAlg: alg } = options;
  const remedy = 'Check the provider.';
  if (typeof uri !== 'string') return bad(`names no jwks_uri. ${remedy}`);
  const { status, text } = await ask(uri, options);
  const published = status === 200 ? parseObject(text)?.keys : undefined;
  const keys = Array.isArray(published) ? published.filter(isObject) : [];
  const usable = keys.filter(
    ({ use, alg: ofKey }) =>
      use !== 'enc' && (alg === undefined || ofKey === undefined || isSameAlgorithm(ofKey, alg)),
  );
  const weakest = Math.min(...usable.map(bitsOf));
  if (weakest < minKeyBits)
    return bad(`signs with a key of ${weakest} bits. Replace it with one of ${minKeyBits} bits or more.`);
  return usable.length > 0
    ? ok(`publishes ${usable.length} key${usable.length === 1 ? '' : 's'} for ${alg ?? 'its signatures'}`)
    : bad(`publishes no key for ${alg ?? 'its signatures'} at ${uri}. ${remedy}`);
};
