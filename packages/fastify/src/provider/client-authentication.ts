import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

type Texts = Readonly<Record<string, string>>;

/** What tells the provider who asks, in a form that is sent to it. */
export interface ClientCredentials {
  readonly headers: Texts;
  readonly parameters: Texts;
}

/**
 * Form-encodes a credential; `-`, `_`, `.` stay, because several providers compare without decoding.
 *
 * @see RFC 6749 section 2.3.1
 */
const encodeCredential = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2);

const basicCredentials = (clientId: string, secret: string): ClientCredentials => {
  const pair = `${encodeCredential(clientId)}:${encodeCredential(secret)}`;
  return {
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    parameters: {},
  };
};

const postCredentials = (clientId: string, secret: string): ClientCredentials => ({
  headers: {},
  parameters: { client_id: clientId, client_secret: secret },
});

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
export type Authenticated = <T>(
  metadata: Metadata,
  run: (credentials: ClientCredentials) => Promise<T>,
) => Promise<T>;

/** The configured method; without one the listed method, and after `invalid_client` the other, remembered. */
export const createClientAuthentication = (options: ResolvedOptions): Authenticated => {
  let remembered = options.clientAuth;
  const secret = options.clientSecret ?? '';
  const credentials = {
    client_secret_basic: basicCredentials(options.clientId, secret),
    client_secret_post: postCredentials(options.clientId, secret),
  };
  return async (metadata, run) => {
    const method = remembered ?? listed(metadata);
    try {
      return await run(credentials[method]);
    } catch (error) {
      if (remembered !== undefined || !wasInvalidClient(error)) throw error;
      const result = await run(credentials[other(method)]);
      remembered = other(method);
      return result;
    }
  };
};

/** Sends a form with the client's credentials. @see RFC 6749 section 2.3 */
export const sendForm = (
  http: ProviderHttp,
  url: string,
  form: Texts,
  { headers, parameters }: ClientCredentials,
): Promise<ProviderAnswer> =>
  http.send(url, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams({ ...form, ...parameters }).toString(),
  });
