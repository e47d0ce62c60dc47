import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';

/** The provider's metadata, not checked yet. */
export type FoundMetadata = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lists = (value: unknown, item: string): boolean => Array.isArray(value) && value.includes(item);

const judgeIssuer = (issuer: string, metadata: FoundMetadata): Finding => {
  const announced = typeof metadata.issuer === 'string' ? metadata.issuer : '';
  const bare = (text: string): string => text.replace(/\/$/, '');
  if (issuer.includes('/.well-known/') || bare(announced) === bare(issuer))
    return ofProvider('ok', `discovered, issuer ${announced}`);
  return ofProvider(
    'bad',
    announced === ''
      ? 'names no issuer. Check OIDC_ISSUER.'
      : `calls itself ${announced}. Set OIDC_ISSUER to exactly that.`,
  );
};

const judgeAlgorithm = (alg: string | undefined, metadata: FoundMetadata): Finding => {
  if (alg === undefined) return ofProvider('ok', 'signs with an algorithm that it announces');
  return lists(metadata.id_token_signing_alg_values_supported, alg)
    ? ofProvider('ok', `signs ID tokens with ${alg}`)
    : ofProvider(
        'bad',
        `does not announce ${alg}. Set OIDC_ID_TOKEN_ALG to what the client is registered for.`,
      );
};

const judgePkce = (metadata: FoundMetadata): Finding =>
  lists(metadata.code_challenge_methods_supported, 'S256')
    ? ofProvider('ok', 'supports PKCE with S256')
    : ofProvider('note', 'does not announce PKCE with S256. Foyer sends it anyway.');

const judgeRevocation = (metadata: FoundMetadata): Finding =>
  typeof metadata.revocation_endpoint === 'string'
    ? ofProvider('ok', 'can revoke refresh tokens at sign-out')
    : ofProvider('note', 'cannot revoke refresh tokens: they stay valid at the provider after a sign-out.');

/** Judges what the metadata alone show. */
export const judgeMetadata = (
  { issuer, idTokenAlg }: ResolvedOptions,
  metadata: FoundMetadata,
): readonly Finding[] => [
  judgeIssuer(issuer, metadata),
  judgeAlgorithm(idTokenAlg, metadata),
  judgePkce(metadata),
  judgeRevocation(metadata),
];
