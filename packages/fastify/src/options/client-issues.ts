import type { z } from 'zod';
import {
  type ClientKey,
  keyOfCert,
  parseClientCert,
  parseClientKeys,
  profileAlgorithms,
  readSource,
  type SecretSource,
} from './client-keys.ts';
import { type clientOptions, source } from './client-options.ts';
import type { OptionIssue } from './option-issue.ts';
import { isLoopbackHost } from './urls.ts';

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
  given.clientAuth === 'private_key_jwt' ||
  given.profile === 'fapi2' ||
  needsCert(given) ||
  isGiven(given.clientCert);

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

const hasWeakKey = ({ clientKey }: Given): boolean => {
  try {
    return isSource(clientKey) && !parseClientKeys(readSource(clientKey)).every(isOfProfile);
  } catch {
    // What cannot be read is reported as a problem of its own option.
    return false;
  }
};

const isOfProfile = ({ alg }: ClientKey): boolean => profileAlgorithms.includes(alg);

/** A rule: the option, what is wrong with it, if anything, and what to do. */
type Rule = readonly [
  option: keyof typeof clientOptions | 'idTokenAlg',
  problem: string | undefined,
  remedy: string,
];

const missing = 'is missing, and what is configured needs it';
const forbidden = 'is not what the profile fapi2 allows';

const authenticationRules = (given: Given): readonly Rule[] => {
  const isKeyMissing = (needsKey(given) || given.signedRequest === 'on') && !isGiven(given.clientKey);
  const isCertMissing = needsCert(given) && !isGiven(given.clientCert);
  return [
    [
      'clientSecret',
      secretProblem(given),
      'Copy the client secret from the provider; Foyer is a confidential client.',
    ],
    ['clientKey', isKeyMissing ? missing : undefined, 'Make one with: pnpm key --client.'],
    ['clientCert', isCertMissing ? missing : undefined, 'Give the certificate of the client as PEM.'],
    ['clientCert', certProblem(given), 'Give the key of the certificate beside it.'],
  ];
};

const profileRules = (given: Given): readonly Rule[] => {
  const isOtherAlgorithm = isGiven(given.idTokenAlg) && !profileAlgorithms.includes(String(given.idTokenAlg));
  const isUnbound = given.dpop === 'off' && !isGiven(given.clientCert);
  const forbid = (isForbidden: boolean): string | undefined => (isForbidden ? forbidden : undefined);
  return [
    [
      'clientAuth',
      forbid(/^client_secret/.test(String(given.clientAuth))),
      'Use private_key_jwt, tls_client_auth or self_signed_tls_client_auth.',
    ],
    ['clientKey', forbid(hasWeakKey(given)), 'Use keys for PS256, ES256 or EdDSA: pnpm key --client.'],
    ['par', forbid(given.par === 'never'), 'Use auto or always.'],
    [
      'dpop',
      forbid(isUnbound),
      'Leave it out, or give the client’s certificate for tokens that are bound by mutual TLS.',
    ],
    ['idTokenAlg', forbid(isOtherAlgorithm), `Use one of ${profileAlgorithms.join(', ')}.`],
  ];
};

/** What client authentication needs and is not given, and what is against the profile, examined beside every other mistake. */
export const clientIssues = (given: Given): readonly OptionIssue[] =>
  [...authenticationRules(given), ...(given.profile === 'fapi2' ? profileRules(given) : [])].flatMap(
    ([option, problem, remedy]) => (problem === undefined ? [] : [{ option, problem, remedy }]),
  );

type ProfileOptions = Pick<
  z.output<z.ZodObject<typeof clientOptions>>,
  'profile' | 'clientSecret' | 'par' | 'dpop' | 'clientCert'
>;

/** The options with what the security profile demands: the secret has no part in it. */
export const applyProfile = <Options extends ProfileOptions>(options: Options): Options =>
  options.profile === undefined
    ? options
    : {
        ...options,
        clientSecret: undefined,
        par: 'always',
        dpop: options.clientCert === undefined ? 'on' : options.dpop,
      };
