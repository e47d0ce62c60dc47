import { z } from 'zod';
import {
  parseClientCert,
  parseClientKeys,
  profileAlgorithms,
  readSource,
  type SecretSource,
} from './client-keys.ts';
import { check, type OptionIssue, option } from './option.ts';
import { isLoopbackHost } from './urls.ts';

/** A text or its file. */
const source = z.union([z.string(), z.strictObject({ file: z.string() }).readonly()]);

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

const secretRemedy = 'Copy the client secret from the provider; Foyer is a confidential client.';
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
   * `invalid_client` the other secret method is tried. Default: what the metadata lists, a secret first where there is one.
   */
  clientAuth: option(
    'OIDC_CLIENT_AUTH',
    z.enum(clientAuthMethods, 'is not a method of client authentication').optional(),
  ),
  /**
   * Private keys of the client (`pnpm key --client`) as PEM, JWK or JWK set, or the file that holds them, which is read again
   * when it changes; the first signs, `/.well-known/foyer-jwks.json` publishes the public parts of all.
   */
  clientKey: option('OIDC_CLIENT_KEY', sourceOf(parseClientKeys).optional(), {
    form: 'source',
    remedy: 'Make one with: pnpm key --client.',
  }),
  /** Certificate of a key in `clientKey` for mutual TLS, as PEM, or the file that holds it, which is read again when it changes. */
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
   * with `clientCert`, by mutual TLS, PS256, ES256 and EdDSA alone; whatever is against it is refused.
   */
  profile: option('OIDC_PROFILE', z.enum(['fapi2'], 'is no security profile').optional()),
} as const;

/** Everybody can read it: it is in the source of the development provider. */
const developmentSecret = 'foyer-dev-secret-not-for-production';

const isPublicHttps = (publicUrl: unknown): boolean => {
  const url = URL.parse(String(publicUrl));
  return url?.protocol === 'https:' && !isLoopbackHost(url.hostname);
};

type Given = Readonly<Record<string, unknown>>;

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

/** The content of a source; `undefined` where it cannot be read, which is reported under its own option. */
const readAs = <Value>(given: unknown, parse: (text: string) => Value): Value | undefined => {
  const { data } = source.safeParse(given);
  try {
    return data === undefined ? undefined : parse(readSource(data));
  } catch {
    return undefined;
  }
};

const needsCert = ({ clientAuth }: Given): boolean => /tls_client_auth$/.test(String(clientAuth));

const needsKey = (given: Given): boolean =>
  given.clientAuth === 'private_key_jwt' ||
  given.profile === 'fapi2' ||
  needsCert(given) ||
  isGiven(given.clientCert);

const secretProblem = (given: Given): string | undefined => {
  const isAnother = needsKey(given) || (given.clientAuth === undefined && isGiven(given.clientKey));
  if (!isGiven(given.clientSecret)) return isAnother ? undefined : 'is missing';
  const isPublished = given.clientSecret === developmentSecret && isPublicHttps(given.publicUrl);
  return isPublished ? 'is the published secret of the development provider' : undefined;
};

const isOfAnotherKey = ({ clientKey, clientCert }: Given): boolean => {
  const [keys, cert] = [readAs(clientKey, parseClientKeys), readAs(clientCert, parseClientCert)];
  return (
    keys !== undefined &&
    cert !== undefined &&
    !keys.some(({ privateKey }) => cert.checkPrivateKey(privateKey))
  );
};

/** A rule: the option, what is wrong with it, if anything, and what to do. */
type Rule = readonly [
  option: keyof typeof clientOptions | 'idTokenAlg',
  problem: string | undefined | false,
  remedy: string,
];

const authenticationRules = (given: Given): readonly Rule[] => {
  const isKeyMissing = (needsKey(given) || given.signedRequest === 'on') && !isGiven(given.clientKey);
  const isCertMissing = needsCert(given) && !isGiven(given.clientCert);
  const missing = 'is missing, and what is configured needs it';
  return [
    ['clientSecret', secretProblem(given), secretRemedy],
    ['clientKey', isKeyMissing && missing, 'Make one with: pnpm key --client.'],
    ['clientCert', isCertMissing && missing, 'Give the certificate of the client as PEM.'],
    [
      'clientCert',
      isOfAnotherKey(given) && 'belongs to none of the keys of the client',
      'Give the key of the certificate beside it.',
    ],
  ];
};

const profileRules = (given: Given): readonly Rule[] => {
  if (given.profile !== 'fapi2') return [];
  const isSecret = /^client_secret/.test(String(given.clientAuth));
  const isWeakKey = readAs(given.clientKey, parseClientKeys)?.some(
    ({ alg }) => !profileAlgorithms.includes(alg),
  );
  const isUnbound = given.dpop === 'off' && !isGiven(given.clientCert);
  const isOtherAlgorithm = isGiven(given.idTokenAlg) && !profileAlgorithms.includes(String(given.idTokenAlg));
  const forbidden = 'is not what the profile fapi2 allows';
  return [
    [
      'clientAuth',
      isSecret && forbidden,
      'Use private_key_jwt, tls_client_auth or self_signed_tls_client_auth.',
    ],
    ['clientKey', isWeakKey && forbidden, 'Use keys for PS256, ES256 or EdDSA: pnpm key --client.'],
    ['par', given.par === 'never' && forbidden, 'Use auto or always.'],
    [
      'dpop',
      isUnbound && forbidden,
      'Leave it out, or give the client’s certificate for tokens that are bound by mutual TLS.',
    ],
    ['idTokenAlg', isOtherAlgorithm && forbidden, `Use one of ${profileAlgorithms.join(', ')}.`],
  ];
};

/** What client authentication lacks, and what contradicts the profile; reported together with every other mistake. */
export const clientIssues = (given: Given): readonly OptionIssue[] =>
  [...authenticationRules(given), ...profileRules(given)].flatMap(([option, problem, remedy]) =>
    problem ? [{ option, problem, remedy }] : [],
  );

/** The options with what the security profile demands: the secret has no part in it. */
export const applyProfile = <Options extends z.output<z.ZodObject<typeof clientOptions>>>(
  options: Options,
): Options => {
  if (options.profile === undefined) return options;
  const dpop = options.clientCert === undefined ? 'on' : options.dpop;
  return { ...options, clientSecret: undefined, par: 'always', dpop };
};
