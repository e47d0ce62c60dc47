import type { ClientAuth } from '../options.ts';
import { firstMethod } from './client-credentials.ts';
import { type ReadAnswer, withRequest } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { findRefusal } from './provider-errors.ts';

/** A request to an endpoint that wants to know which client asks; each may want it in another way. */
interface AuthenticatedRequest {
  readonly endpoint: 'token_endpoint' | 'revocation_endpoint' | 'pushed_authorization_request_endpoint';
  readonly read: ReadAnswer;
}

/** Milliseconds for which a method that was found by trying is tried first. */
const lessonMs = 3600_000;

const otherSecretMethod: Readonly<Partial<Record<ClientAuth, ClientAuth>>> = {
  client_secret_basic: 'client_secret_post',
  client_secret_post: 'client_secret_basic',
};

const chooseMethod = async (
  { options, lessons, discovered }: ProviderContext,
  endpoint: AuthenticatedRequest['endpoint'],
): Promise<ClientAuth> => {
  const lesson = lessons.get(endpoint);
  if (lesson !== undefined && options.clock() < lesson.until) return lesson.method;
  const { metadata } = await discovered();
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
  { endpoint, read }: AuthenticatedRequest,
  run: () => Promise<T>,
): Promise<T> => {
  const { options, lessons } = context;
  const method = await chooseMethod(context, endpoint);
  const other = options.clientAuth === undefined ? otherSecretMethod[method] : undefined;
  try {
    return await withRequest({ method, read }, run);
  } catch (error) {
    if (other === undefined || findRefusal(error)?.error !== 'invalid_client') throw error;
    lessons.delete(endpoint);
  }
  const second = withRequest({ method: other, read }, run);
  const code = await second.then(
    () => undefined,
    (error: unknown) => findRefusal(error)?.error ?? 'invalid_client',
  );
  // An OAuth error of another kind, `invalid_grant` for a used code, says that the client was known.
  if (code !== 'invalid_client') lessons.set(endpoint, { method: other, until: options.clock() + lessonMs });
  return second;
};
