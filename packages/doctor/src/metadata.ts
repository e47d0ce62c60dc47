import type { ResolvedOptions } from '@foyer/fastify';
import { asymmetricAlgorithms } from '@foyer/fastify/options';
import { findProfileGaps, readEndpoint } from '@foyer/fastify/provider';
import { type Finding, ofProvider } from './finding.ts';

/** The provider's metadata, not checked yet. */
export type FoundMetadata = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lists = (value: unknown, item: string): boolean => Array.isArray(value) && value.includes(item);

/** A JSON value; `undefined` for any other text. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const textsOf = (value: unknown): readonly string[] =>
  [value].flat().filter((item) => typeof item === 'string');

const bare = (text: string): string => text.replace(/\/$/, '');

const judgeTenants = (announced: string, { tenants }: ResolvedOptions): Finding => {
  if (tenants === undefined)
    return ofProvider(
      'bad',
      `is one of many tenants (${announced}). Set OIDC_TENANTS to those that may sign in.`,
    );
  const who = tenants.includes('*') ? 'any tenant' : `${tenants.length} of its tenants`;
  return ofProvider('ok', `discovered, and people of ${who} may sign in`);
};

const judgeIssuer = (options: ResolvedOptions, metadata: FoundMetadata): Finding => {
  const { issuer, discoveryUrl } = options;
  const announced = typeof metadata.issuer === 'string' ? metadata.issuer : '';
  if (announced.includes('{tenantid}')) return judgeTenants(announced, options);
  const isWhole = discoveryUrl === undefined && issuer.includes('/.well-known/');
  if (isWhole || bare(announced) === bare(issuer)) return ofProvider('ok', `discovered, issuer ${announced}`);
  if (announced === '') return ofProvider('bad', 'names no issuer. Check OIDC_ISSUER.');
  const remedy =
    discoveryUrl === undefined
      ? 'Set OIDC_ISSUER to exactly that, or OIDC_DISCOVERY_URL to where the metadata of the other is'
      : 'Set OIDC_ISSUER to exactly that';
  return ofProvider('bad', `calls itself ${announced}. ${remedy}.`);
};

/** Whether two names are of one algorithm: EdDSA has two. @see RFC 9864 section 2.2 */
export const isSameAlgorithm = (one: unknown, other: string): boolean =>
  one === other || (['EdDSA', 'Ed25519'].includes(other) && (one === 'EdDSA' || one === 'Ed25519'));

const judgeAlgorithm = ({ idTokenAlg: alg }: ResolvedOptions, metadata: FoundMetadata): Finding => {
  const offered = textsOf(metadata.id_token_signing_alg_values_supported);
  const usable = offered.filter((each) => asymmetricAlgorithms.includes(each));
  const offer = offered.length === 0 ? 'nothing' : offered.join(', ');
  if (alg === undefined)
    return usable.length > 0 || offered.length === 0
      ? ofProvider('ok', `signs ID tokens with ${usable.join(', ') || 'RS256, since it lists nothing'}`)
      : ofProvider(
          'bad',
          `offers ${offer} for ID tokens, none of which proves who signed. Register the client for RS256 or another asymmetric algorithm.`,
        );
  if (offered.length === 0)
    return ofProvider('note', `lists no algorithm for ID tokens: sign in once to see whether it is ${alg}.`);
  return offered.some((each) => isSameAlgorithm(each, alg))
    ? ofProvider('ok', `signs ID tokens with ${alg}`)
    : ofProvider(
        'bad',
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
    .map((name) => ofProvider('note', `has no usable ${name}: Foyer does without it.`));

const judgePushedRequests = ({ par }: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] => {
  const isThere = readEndpoint(metadata, 'pushed_authorization_request_endpoint') !== undefined;
  const isRequired = metadata.require_pushed_authorization_requests === true;
  if (!isThere && (isRequired || par === 'always'))
    return [
      ofProvider(
        'bad',
        'has no endpoint for pushed authorization requests, which are demanded. Check OIDC_PAR.',
      ),
    ];
  if (isRequired && par === 'never')
    return [ofProvider('bad', 'requires pushed authorization requests. Take OIDC_PAR away.')];
  return isThere && par !== 'never' ? [ofProvider('ok', 'gets the authorization request pushed')] : [];
};

const judgeBinding = ({ dpop }: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] => {
  if (dpop === 'off') return [];
  return lists(metadata.dpop_signing_alg_values_supported, 'ES256')
    ? [ofProvider('ok', 'binds access tokens by DPoP')]
    : [ofProvider('bad', 'does not announce DPoP with ES256. Take OIDC_DPOP away, or switch it on there.')];
};

const judgeProfile = (options: ResolvedOptions, metadata: FoundMetadata): readonly Finding[] =>
  findProfileGaps(metadata, options).map((gap) =>
    ofProvider('bad', `lacks what OIDC_PROFILE=${options.profile} needs: ${gap}.`),
  );

const judgePkce = (metadata: FoundMetadata): Finding =>
  lists(metadata.code_challenge_methods_supported, 'S256')
    ? ofProvider('ok', 'supports PKCE with S256')
    : ofProvider('note', 'does not announce PKCE with S256. Foyer sends it anyway.');

const judgeRevocation = (metadata: FoundMetadata): Finding =>
  readEndpoint(metadata, 'revocation_endpoint') !== undefined
    ? ofProvider('ok', 'can revoke refresh tokens at sign-out')
    : ofProvider('note', 'cannot revoke refresh tokens: they stay valid at the provider after a sign-out.');

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
