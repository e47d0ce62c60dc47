import type { ClientAuth as SetClientAuth } from 'openid-client';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal } from './provider-errors.ts';

/**
 * Form-encodes a credential; `-`, `_`, `.` stay, because several providers compare without decoding.
 *
 * @see RFC 6749 section 2.3.1
 */
const encodeCredential = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2);

const setBasic = (clientId: string, secret: string): SetClientAuth => {
  const pair = `${encodeCredential(clientId)}:${encodeCredential(secret)}`;
  const credentials = `Basic ${Buffer.from(pair).toString('base64')}`;
  return (_server, _client, _body, headers) => headers.set('authorization', credentials);
};

const setPost =
  (secret: string): SetClientAuth =>
  (_server, { client_id }, body) => {
    body.set('client_id', client_id);
    body.set('client_secret', secret);
  };

const listed = ({ token_endpoint_auth_methods_supported: methods }: Metadata): ClientAuth =>
  methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
    ? 'client_secret_post'
    : 'client_secret_basic';

const other = (method: ClientAuth): ClientAuth =>
  method === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';

const wasInvalidClient = (error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof EndpointRefusal) return cause.error === 'invalid_client';
  }
  return false;
};

/** Runs a request with the client's authentication. */
export type Authenticated = <T>(metadata: Metadata, run: (auth: SetClientAuth) => Promise<T>) => Promise<T>;

/** The configured method; without one the listed method, and after `invalid_client` the other, remembered. */
export const createClientAuthentication = (options: ResolvedOptions): Authenticated => {
  let remembered = options.clientAuth;
  const secret = options.clientSecret ?? '';
  const setters = {
    client_secret_basic: setBasic(options.clientId, secret),
    client_secret_post: setPost(secret),
  };
  return async (metadata, run) => {
    const method = remembered ?? listed(metadata);
    try {
      return await run(setters[method]);
    } catch (error) {
      if (remembered !== undefined || !wasInvalidClient(error)) throw error;
      const result = await run(setters[other(method)]);
      remembered = other(method);
      return result;
    }
  };
};
