import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { Metadata } from './metadata.ts';
import { type ReadAnswer, withRequest } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { findRefusal } from './provider-errors.ts';

/** A request to an endpoint that wants to know which client asks; each may want it in another way. */
interface AuthenticatedRequest {
  readonly metadata: Metadata;
  readonly endpoint: 'token_endpoint' | 'revocation_endpoint' | 'pushed_authorization_request_endpoint';
  readonly read: ReadAnswer;
}

/** Milliseconds for which a method that was found by trying is tried first. */
const lessonMs = 3600_000;

const otherSecretMethod: Readonly<Partial<Record<ClientAuth, ClientAuth>>> = {
  client_secret_basic: 'client_secret_post',
  client_secret_post: 'client_secret_basic',
};

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

const chooseMethod = (
  { options, lessons }: ProviderContext,
  { metadata, endpoint }: AuthenticatedRequest,
): ClientAuth => {
  const lesson = lessons.get(endpoint);
  if (lesson !== undefined && options.clock() < lesson.until) return lesson.method;
  return firstMethod(
    options,
    endpoint === 'revocation_endpoint'
      ? metadata.revocation_endpoint_auth_methods_supported
      : metadata.token_endpoint_auth_methods_supported,
  );
};

/**
 * Runs a request with the client's authentication: the configured method; without one the listed method, and after
 * `invalid_client` the other one that has the secret. What works is remembered for its endpoint alone and for an hour, and
 * forgotten when it is refused.
 */
export const runAuthenticated = async <T>(
  context: ProviderContext,
  request: AuthenticatedRequest,
  run: () => Promise<T>,
): Promise<T> => {
  const { options, lessons } = context;
  const { endpoint, read } = request;
  const method = chooseMethod(context, request);
  const other = options.clientAuth === undefined ? otherSecretMethod[method] : undefined;
  const learn = (found: ClientAuth): void => {
    lessons.set(endpoint, { method: found, until: options.clock() + lessonMs });
  };
  try {
    return await withRequest({ method, read }, run);
  } catch (error) {
    if (other === undefined || findRefusal(error)?.error !== 'invalid_client') throw error;
    lessons.delete(endpoint);
  }
  try {
    const result = await withRequest({ method: other, read }, run);
    learn(other);
    return result;
  } catch (error) {
    // An OAuth error of another kind, `invalid_grant` for a used code, says that the client was known.
    const { error: code = 'invalid_client' } = findRefusal(error) ?? {};
    if (code !== 'invalid_client') learn(other);
    throw error;
  }
};
