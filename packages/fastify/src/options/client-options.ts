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

/** Who the client is, and how it proves that. */
export const clientOptions = {
  /** The client that is registered at the provider. */
  clientId: option(z.string().min(1, 'is missing'), {
    variable: 'OIDC_CLIENT_ID',
    aliases: ['CLIENT_ID', 'PLUSAUTH_CLIENT_ID'],
    meaning: 'The client that is registered at the provider',
    remedy: 'Copy the client id from the provider.',
  }),
  /** The client's secret; required where no key takes its place, since the BFF is a confidential client. */
  clientSecret: option(z.string().optional(), {
    variable: 'OIDC_CLIENT_SECRET',
    aliases: ['CLIENT_SECRET', 'PLUSAUTH_CLIENT_SECRET'],
    defaultInWords: 'required, unless there is `OIDC_CLIENT_KEY`',
    meaning: 'The secret of the client',
    remedy: 'Copy the client secret from the provider; Foyer is a confidential client.',
  }),
  /** How the client proves its identity. Default: what the provider's metadata lists, a secret first where there is one; after `invalid_client` the other secret method. */
  clientAuth: option(z.enum(clientAuthMethods, 'is not a method of client authentication').optional(), {
    variable: 'OIDC_CLIENT_AUTH',
    defaultInWords: 'what the metadata lists, basic first',
    meaning:
      '`client_secret_basic`, `client_secret_post`, `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth`',
  }),
  /** Private keys of the client, as PEM or JWK, or the file that holds them; the first signs, all are published. Default: none. */
  clientKey: option(sourceOf(parseClientKeys).optional(), {
    variable: 'OIDC_CLIENT_KEY',
    form: 'source',
    meaning:
      'Private keys of the client (`pnpm key --client`) as PEM, JWK or JWK set; the first signs, `/.well-known/foyer-jwks.json` publishes the public parts of all. `OIDC_CLIENT_KEY_FILE` is read again when it changes',
    remedy: 'Make one with: pnpm key --client.',
  }),
  /** Certificate of one of the client's keys, as PEM, or the file that holds it; shown to the provider by TLS. Default: none. */
  clientCert: option(sourceOf(parseClientCert).optional(), {
    variable: 'OIDC_CLIENT_CERT',
    form: 'source',
    meaning:
      'Certificate of a key in `OIDC_CLIENT_KEY`, as PEM, for mutual TLS. `OIDC_CLIENT_CERT_FILE` is read again when it changes',
    remedy: 'Give the certificate that the provider knows the client by.',
  }),
  /** Whether access tokens are bound to a key of their session: a token that is stolen is of no use. Default `off`. */
  dpop: option(z.enum(['on', 'off'], 'is neither on nor off').default('off'), {
    variable: 'OIDC_DPOP',
    meaning:
      '`on`: access tokens are bound to a key of their session (DPoP), at the token endpoint, at userinfo and through the proxy',
  }),
  /** Whether the authorization request is pushed to the provider, so that the browser carries a reference alone. `auto`: where the provider can. Default `auto`. */
  par: option(z.enum(['auto', 'always', 'never'], 'is none of auto, always, never').default('auto'), {
    variable: 'OIDC_PAR',
    meaning:
      'Pushed authorization requests: `auto` where the provider has or requires them, `always`, `never`; with `auto`, a provider that refuses one is asked by way of the browser',
  }),
  /** Whether the authorization request is signed with the client's key. Default `off`. */
  signedRequest: option(z.enum(['on', 'off'], 'is neither on nor off').default('off'), {
    variable: 'OIDC_SIGNED_REQUEST',
    meaning: '`on`: the authorization request is signed with the first of `OIDC_CLIENT_KEY` (JAR)',
  }),
  /** A security profile as one switch: what it demands is set, and whatever is against it refused. Default: none. */
  profile: option(z.enum(['fapi2'], 'is no security profile').optional(), {
    variable: 'OIDC_PROFILE',
    meaning:
      '`fapi2`: the FAPI 2.0 security profile. Pushed requests, the client’s key in place of a secret, tokens bound by DPoP or, with `OIDC_CLIENT_CERT`, by mutual TLS, PS256, ES256 and EdDSA alone; whatever is against it is refused',
  }),
} as const;
