import type { z } from 'zod';
import { parseClientCert, parseClientKeys, profileAlgorithms, readSource } from './client-keys.ts';
import { type clientOptions, secretRemedy, source } from './client-options.ts';
import type { OptionIssue } from './option.ts';
import { isLoopbackHost } from './urls.ts';

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
