import type { ClientAuth } from '../options.ts';
import { firstMethod } from './client-credentials.ts';
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
