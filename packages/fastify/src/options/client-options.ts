import { z } from 'zod';
import { parseClientCert, parseClientKeys, readSource, type SecretSource } from './client-keys.ts';
import { check, option } from './option.ts';

/** The schema of a text or its file. */
export const source = z.union([z.string(), z.strictObject({ file: z.string() }).readonly()]);

/** A source whose text `parse` reads without an error. */
const sourceOf = (parse: (text: string) => unknown) =>
  source.superRefine(
    check((given: SecretSource, refuse) => {
      try {
        parse(readSource(given));
      } catch (error) {
        const isOurs = error instanceof Error && !('code' in error);
        refuse(isOurs ? error.message : 'names a file that cannot be read');
      }
    }),
  );

const clientAuthMethods = [
  ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const),
  ...(['tls_client_auth', 'self_signed_tls_client_auth'] as const),
] as const;

/** What to do about a secret that is missing or wrong. */
export const secretRemedy = 'Copy the client secret from the provider; Foyer is a confidential client.';
const onOrOff = z.enum(['on', 'off'], 'is neither on nor off').default('off');

/** Who the client is, and how it proves that. */
export const clientOptions = {
  /** The client that is registered at the provider. Default: required, unless `providers` names several. */
  clientId: option('OIDC_CLIENT_ID', z.string().min(1, 'is missing'), {
    aliases: ['CLIENT_ID', 'PLUSAUTH_CLIENT_ID'],
    remedy: 'Copy the client id from the provider.',
  }),
  /** The secret of the client. Default: required, unless there is `clientKey`. */
  clientSecret: option('OIDC_CLIENT_SECRET', z.string().optional(), {
    aliases: ['CLIENT_SECRET', 'PLUSAUTH_CLIENT_SECRET'],
    remedy: secretRemedy,
  }),
  /**
   * `client_secret_basic`, `client_secret_post`, `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`; after
   * `invalid_client` the other secret method is tried. Default: what the metadata lists, basic first, or a key where there is no secret.
   */
  clientAuth: option(
    'OIDC_CLIENT_AUTH',
    z.enum(clientAuthMethods, 'is not a method of client authentication').optional(),
  ),
  /**
   * Private keys of the client (`pnpm key --client`) as PEM, JWK or JWK set; the first signs, `/.well-known/foyer-jwks.json`
   * publishes the public parts of all. `{ file }` is read again when it changes. Default: none.
   */
  clientKey: option('OIDC_CLIENT_KEY', sourceOf(parseClientKeys).optional(), {
    form: 'source',
    remedy: 'Make one with: pnpm key --client.',
  }),
  /** Certificate of a key in `clientKey`, as PEM, for mutual TLS. `{ file }` is read again when it changes. Default: none. */
  clientCert: option('OIDC_CLIENT_CERT', sourceOf(parseClientCert).optional(), {
    form: 'source',
    remedy: 'Give the certificate that the provider knows the client by.',
  }),
  /**
   * `on`: access tokens are bound to a key of their session (DPoP), at the token endpoint, at userinfo and through the proxy:
   * one that is stolen is of no use. Default `off`.
   */
  dpop: option('OIDC_DPOP', onOrOff),
  /**
   * Whether the authorization request is pushed to the provider, so that the browser carries a reference alone: `auto` where
   * the provider has or requires that, `always`, `never`; with `auto`, a provider that refuses one is asked by way of the
   * browser. Default `auto`.
   */
  par: option(
    'OIDC_PAR',
    z.enum(['auto', 'always', 'never'], 'is none of auto, always, never').default('auto'),
  ),
  /** `on`: the authorization request is signed with the first of `clientKey` (JAR). Default `off`. */
  signedRequest: option('OIDC_SIGNED_REQUEST', onOrOff),
  /**
   * `fapi2`: the FAPI 2.0 security profile. Pushed requests, the client’s key in place of a secret, tokens bound by DPoP or,
   * with `clientCert`, by mutual TLS, PS256, ES256 and EdDSA alone; whatever is against it is refused. Default: none.
   */
  profile: option('OIDC_PROFILE', z.enum(['fapi2'], 'is no security profile').optional()),
} as const;
