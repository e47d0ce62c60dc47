import type { ClientAuth, ResolvedOptions } from '../options.ts';

type Credentials = Pick<ResolvedOptions, 'clientSecret' | 'clientKey' | 'clientCert'>;

/** The methods that the client has what they need for, in the order of preference. */
const possibleMethods = ({
  clientSecret,
  clientKey,
  clientCert,
}: Credentials): readonly [ClientAuth, ...ClientAuth[]] => {
  const byCert: readonly ClientAuth[] =
    clientCert === undefined ? [] : ['tls_client_auth', 'self_signed_tls_client_auth'];
  if (!clientSecret && clientKey !== undefined) return ['private_key_jwt', ...byCert];
  const byKey: readonly ClientAuth[] = clientKey === undefined ? [] : ['private_key_jwt', ...byCert];
  return ['client_secret_basic', 'client_secret_post', ...byKey];
};

/** The method that is tried first: the configured one, else of those that are possible one that the provider lists. */
export const firstMethod = (
  options: Credentials & Pick<ResolvedOptions, 'clientAuth'>,
  listed: readonly string[],
): ClientAuth => {
  const possible = possibleMethods(options);
  return options.clientAuth ?? possible.find((method) => listed.includes(method)) ?? possible[0];
};
