import type { Configuration } from 'openid-client';
import { firstMethod } from '../options/client-method.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { Metadata } from './metadata.ts';
import type { OpenidClient } from './openid-client.ts';
import { findRefusal } from './provider-errors.ts';

/** An endpoint that wants to know which client asks; each may want it in another way. */
type AuthenticatedEndpoint =
  | 'token_endpoint'
  | 'revocation_endpoint'
  | 'pushed_authorization_request_endpoint';

/** Runs a request with the client's authentication, a second time by the other secret method after `invalid_client`. */
export type AuthenticatedRequest = <T>(
  metadata: Metadata,
  endpoint: AuthenticatedEndpoint,
  run: (config: Configuration) => Promise<T>,
) => Promise<T>;

/** Milliseconds for which a method that was found by trying is tried first. */
const lessonMs = 3600_000;

const otherSecretMethod: Readonly<Partial<Record<ClientAuth, ClientAuth>>> = {
  client_secret_basic: 'client_secret_post',
  client_secret_post: 'client_secret_basic',
};

const wasInvalidClient = (error: unknown): boolean => findRefusal(error)?.error === 'invalid_client';

/** An OAuth error of another kind, `invalid_grant` for a used code, says that the client was known. */
const wasKnownClient = (error: unknown): boolean => {
  const code = findRefusal(error)?.error;
  return code !== undefined && code !== 'invalid_client';
};

/**
 * The configured method; without one the listed method, and after `invalid_client` the other. What works is remembered
 * for its endpoint alone and for an hour, and forgotten when it is refused.
 */
export const createClientAuthentication = (
  options: ResolvedOptions,
  { configure }: OpenidClient,
): AuthenticatedRequest => {
  const { clientAuth, clock } = options;
  const lessons = new Map<AuthenticatedEndpoint, { readonly method: ClientAuth; readonly until: number }>();
  const learn = (endpoint: AuthenticatedEndpoint, method: ClientAuth): void => {
    lessons.set(endpoint, { method, until: clock() + lessonMs });
  };
  const chooseMethod = (metadata: Metadata, endpoint: AuthenticatedEndpoint): ClientAuth => {
    const lesson = lessons.get(endpoint);
    if (lesson !== undefined && clock() < lesson.until) return lesson.method;
    return firstMethod(
      options,
      endpoint === 'revocation_endpoint'
        ? metadata.revocation_endpoint_auth_methods_supported
        : metadata.token_endpoint_auth_methods_supported,
    );
  };
  const runByOther = async <T>(
    endpoint: AuthenticatedEndpoint,
    other: ClientAuth,
    run: () => Promise<T>,
  ): Promise<T> => {
    try {
      const result = await run();
      learn(endpoint, other);
      return result;
    } catch (error) {
      if (wasKnownClient(error)) learn(endpoint, other);
      throw error;
    }
  };
  return async (metadata, endpoint, run) => {
    if (clientAuth !== undefined) return run(configure(metadata, clientAuth));
    const method = chooseMethod(metadata, endpoint);
    const other = otherSecretMethod[method];
    try {
      return await run(configure(metadata, method));
    } catch (error) {
      if (!wasInvalidClient(error) || other === undefined) throw error;
      lessons.delete(endpoint);
    }
    return runByOther(endpoint, other, () => run(configure(metadata, other)));
  };
};
