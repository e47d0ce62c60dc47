import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isLoopbackHost } from '../browser-security/loopback-host.ts';
import { type ClientKey, parseClientKeys, readSource, type SecretSource, unfoldPem } from './client-keys.ts';
import { check, option, type Refuse, text } from './option.ts';
import type { OptionIssue } from './option-issue.ts';

const source = z.union([z.string(), z.strictObject({ file: z.string() }).readonly()]);

/** What reading a source gives; a failure is reported as a problem of the option. */
const trySource = <Value>(
  given: SecretSource,
  parse: (text: string) => Value,
  refuse: Refuse,
): Value | undefined => {
  try {
    return parse(readSource(given));
  } catch (error) {
    const isOfFile = error instanceof Error && 'syscall' in error;
    refuse(isOfFile || !(error instanceof Error) ? 'names a file that cannot be read' : error.message);
    return undefined;
  }
};

/** The certificate of a client. @throws Error that says what is wrong. */
export const parseClientCert = (pem: string): X509Certificate => {
  try {
    return new X509Certificate(unfoldPem(pem));
  } catch {
    throw new Error('holds no certificate as PEM');
  }
};

/** The key of a certificate among those of the client. @throws Error when there is none. */
export const keyOfCert = (cert: X509Certificate, keys: readonly ClientKey[]): ClientKey => {
  const key = keys.find(({ privateKey }) => cert.checkPrivateKey(privateKey));
  if (key === undefined) throw new Error('belongs to none of the keys of the client');
  return key;
};

const clientAuthMethods = [
  ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const),
  ...(['tls_client_auth', 'self_signed_tls_client_auth'] as const),
] as const;

/** Who the client is, and how it proves that. */
export const clientOptions = {
  /** The client that is registered at the provider. */
  clientId: option(
    text((id, refuse) => {
      if (id === '') refuse('is missing');
    }),
    {
      variable: 'OIDC_CLIENT_ID',
      aliases: ['CLIENT_ID', 'PLUSAUTH_CLIENT_ID'],
      meaning: 'The client that is registered at the provider',
      remedy: 'Copy the client id from the provider.',
    },
  ),
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
    remedy: `Use one of ${clientAuthMethods.join(', ')}, or leave it out.`,
  }),
  /** Private keys of the client, as PEM or JWK, or the file that holds them; the first signs, all are published. Default: none. */
  clientKey: option(
    source.superRefine(check((given, refuse) => void trySource(given, parseClientKeys, refuse))).optional(),
    {
      variable: 'OIDC_CLIENT_KEY',
      form: 'source',
      meaning:
        'Private keys of the client (`pnpm key --client`) as PEM, JWK or JWK set; the first signs, `/.well-known/foyer-jwks.json` publishes the public parts of all. `OIDC_CLIENT_KEY_FILE` is read again when it changes',
      remedy: 'Make one with: pnpm key --client.',
    },
  ),
  /** Certificate of one of the client's keys, as PEM, or the file that holds it; shown to the provider by TLS. Default: none. */
  clientCert: option(
    source.superRefine(check((given, refuse) => void trySource(given, parseClientCert, refuse))).optional(),
    {
      variable: 'OIDC_CLIENT_CERT',
      form: 'source',
      meaning:
        'Certificate of a key in `OIDC_CLIENT_KEY`, as PEM, for mutual TLS. `OIDC_CLIENT_CERT_FILE` is read again when it changes',
      remedy: 'Give the certificate that the provider knows the client by.',
    },
  ),
  /** Whether access tokens are bound to a key of their session: a token that is stolen is of no use. Default `off`. */
  dpop: option(z.enum(['on', 'off'], 'is neither on nor off').default('off'), {
    variable: 'OIDC_DPOP',
    meaning:
      '`on`: access tokens are bound to a key of their session (DPoP), at the token endpoint, at userinfo and through the proxy',
    remedy: 'Use on or off.',
  }),
  /** Whether the authorization request is pushed to the provider, so that the browser carries a reference alone. `auto`: where the provider can. Default `auto`. */
  par: option(z.enum(['auto', 'always', 'never'], 'is none of auto, always, never').default('auto'), {
    variable: 'OIDC_PAR',
    meaning:
      'Pushed authorization requests: `auto` where the provider has or requires them, `always`, `never`; with `auto`, a provider that refuses one is asked by way of the browser',
    remedy: 'Use auto, always or never.',
  }),
  /** Whether the authorization request is signed with the client's key. Default `off`. */
  signedRequest: option(z.enum(['on', 'off'], 'is neither on nor off').default('off'), {
    variable: 'OIDC_SIGNED_REQUEST',
    meaning: '`on`: the authorization request is signed with the first of `OIDC_CLIENT_KEY` (JAR)',
    remedy: 'Use on or off.',
  }),
} as const;

/** Everybody can read it: it is in the source of the development provider. */
const developmentSecret = 'foyer-dev-secret-not-for-production';

const isPublicHttps = (publicUrl: unknown): boolean => {
  const url = URL.parse(String(publicUrl));
  return url?.protocol === 'https:' && !isLoopbackHost(url.hostname);
};

type Given = Readonly<Record<string, unknown>>;

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

const needsCert = ({ clientAuth }: Given): boolean => /tls_client_auth$/.test(String(clientAuth));

const needsKey = (given: Given): boolean =>
  given.clientAuth === 'private_key_jwt' || needsCert(given) || isGiven(given.clientCert);

const secretProblem = (given: Given): string | undefined => {
  const isAnother = needsKey(given) || (given.clientAuth === undefined && isGiven(given.clientKey));
  if (!isGiven(given.clientSecret)) return isAnother ? undefined : 'is missing';
  if (given.clientSecret === developmentSecret && isPublicHttps(given.publicUrl))
    return 'is the published secret of the development provider';
  return undefined;
};

const isSource = (value: unknown): value is SecretSource => source.safeParse(value).success;

const certProblem = ({ clientKey, clientCert }: Given): string | undefined => {
  if (!isSource(clientKey) || !isSource(clientCert)) return undefined;
  try {
    const keys = parseClientKeys(readSource(clientKey));
    keyOfCert(parseClientCert(readSource(clientCert)), keys);
    return undefined;
  } catch (error) {
    // What cannot be read is reported as a problem of its own option.
    return error instanceof Error && error.message.startsWith('belongs') ? error.message : undefined;
  }
};

const issueOf = (name: keyof typeof clientOptions, problem: string, remedy: string): OptionIssue => ({
  option: name,
  problem,
  remedy,
});

/** What client authentication needs and is not given, examined beside every other mistake. */
export const clientIssues = (given: Given): readonly OptionIssue[] => {
  const secret = secretProblem(given);
  const mismatch = certProblem(given);
  const isKeyMissing = (needsKey(given) || given.signedRequest === 'on') && !isGiven(given.clientKey);
  const isCertMissing = needsCert(given) && !isGiven(given.clientCert);
  const because = 'is missing, and what is configured needs it';
  return [
    ...(secret === undefined
      ? []
      : [
          issueOf(
            'clientSecret',
            secret,
            'Copy the client secret from the provider; Foyer is a confidential client.',
          ),
        ]),
    ...(isKeyMissing ? [issueOf('clientKey', because, 'Make one with: pnpm key --client.')] : []),
    ...(isCertMissing ? [issueOf('clientCert', because, 'Give the certificate of the client as PEM.')] : []),
    ...(mismatch === undefined
      ? []
      : [issueOf('clientCert', mismatch, 'Give the key of the certificate in OIDC_CLIENT_KEY.')]),
  ];
};
