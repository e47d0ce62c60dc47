import * as client from 'openid-client';
import { asymmetricAlgorithms } from '../options/provider-options.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import { type CurrentCredentials, readSigningKey } from './client-credentials.ts';
import type { DpopNonces } from './dpop.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

/** The request that an answer is of. */
interface AskedRequest {
  readonly form: URLSearchParams;
  /** Whether it proved a key: the access token has to be bound to it. */
  readonly isBound: boolean;
}

/** Reads one kind of answer: throws for what is no success, and shows openid-client what it shall judge. */
export type ReadAnswer = (answer: ProviderAnswer, request: AskedRequest) => Promise<Response>;

/** The readers of what openid-client asks for. */
export interface AnswerReaders {
  /** For a grant at the token endpoint. */
  readonly grant: ReadAnswer;
  readonly pushedRequest: ReadAnswer;
  readonly revocation: ReadAnswer;
  readonly userinfo: ReadAnswer;
}

/** openid-client, set up for one client of one provider. */
export interface OpenidClient {
  /** One configuration for each metadata and client authentication. */
  readonly configure: (metadata: Metadata, method: ClientAuth) => client.Configuration;
}

/**
 * Form-encodes a credential; `-`, `_`, `.` stay, because several providers compare without decoding.
 *
 * @see RFC 6749 section 2.3.1
 */
const encodeCredential = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2);

/** `ClientSecretBasic` of openid-client would encode `-`, `_` and `.` too. */
const secretBasic =
  (secret: string): client.ClientAuth =>
  (...[, { client_id }, , headers]) => {
    const pair = `${encodeCredential(client_id)}:${encodeCredential(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  };

/** Providers that know one name of EdDSA alone know the older one. @see RFC 9864 section 2.2 */
export const nameAlgorithm = (alg: string, listed: readonly string[] | undefined): string => {
  if (alg !== 'EdDSA' && alg !== 'Ed25519') return alg;
  return listed?.includes('Ed25519') && !listed.includes('EdDSA') ? 'Ed25519' : 'EdDSA';
};

/** @see RFC 7523 section 3; the audience is the issuer */
const privateKeyJwt =
  (credentials: CurrentCredentials): client.ClientAuth =>
  async (server, metadata, ...sent) => {
    const { alg, kid, key } = await readSigningKey(credentials());
    const authenticate = client.PrivateKeyJwt(
      { key, kid },
      {
        [client.modifyAssertion]: (header) => {
          header.alg = nameAlgorithm(alg, server.token_endpoint_auth_signing_alg_values_supported);
        },
      },
    );
    await authenticate(server, metadata, ...sent);
  };

const createClientAuth = (
  method: ClientAuth,
  { clientSecret = '' }: ResolvedOptions,
  credentials: CurrentCredentials,
): client.ClientAuth => {
  switch (method) {
    case 'client_secret_basic':
      return secretBasic(clientSecret);
    case 'client_secret_post':
      return client.ClientSecretPost(clientSecret);
    case 'private_key_jwt':
      return privateKeyJwt(credentials);
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return client.TlsClientAuth();
  }
};

const chooseReader = (readers: AnswerReaders, method: string, form: URLSearchParams): ReadAnswer => {
  if (method !== 'POST') return readers.userinfo;
  if (form.has('grant_type')) return readers.grant;
  return form.has('token') ? readers.revocation : readers.pushedRequest;
};

const createFetch =
  (http: ProviderHttp, readers: AnswerReaders, nonces: DpopNonces): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const form = body instanceof URLSearchParams ? body : new URLSearchParams();
    const text = method === 'POST' ? form.toString() : undefined;
    const answer = await http.send(url, { method, headers, body: text });
    const nonce = answer.header('dpop-nonce');
    if (nonce !== undefined) nonces.set(new URL(url).origin, nonce);
    return chooseReader(readers, method, form)(answer, { form, isBound: 'dpop' in headers });
  };

/**
 * openid-client keeps a copy that may be changed. Which algorithm is accepted is our own check, whose message names what
 * came and the setting.
 */
const serverMetadata = (metadata: Metadata): client.ServerMetadata => ({
  ...metadata,
  token_endpoint_auth_methods_supported: [...metadata.token_endpoint_auth_methods_supported],
  token_endpoint_auth_signing_alg_values_supported: [
    ...metadata.token_endpoint_auth_signing_alg_values_supported,
  ],
  revocation_endpoint_auth_methods_supported: [...metadata.revocation_endpoint_auth_methods_supported],
  request_object_signing_alg_values_supported: [...metadata.request_object_signing_alg_values_supported],
  id_token_signing_alg_values_supported: [...asymmetricAlgorithms],
});

/** What openid-client is set up over. */
interface Parts {
  readonly options: ResolvedOptions;
  readonly credentials: CurrentCredentials;
  readonly http: ProviderHttp;
  readonly nonces: DpopNonces;
}

/** Sets openid-client up; `readersOf` makes the readers of the answers of one provider. */
export const createOpenidClient = (
  { options, credentials, http, nonces }: Parts,
  readersOf: (metadata: Metadata) => AnswerReaders,
): OpenidClient => {
  const known = new WeakMap<Metadata, Map<ClientAuth, client.Configuration>>();
  const create = (metadata: Metadata, method: ClientAuth): client.Configuration => {
    const config = new client.Configuration(
      serverMetadata(metadata),
      options.clientId,
      {
        [client.clockTolerance]: options.clockTolerance,
        use_mtls_endpoint_aliases: options.clientCert !== undefined,
      },
      createClientAuth(method, options, credentials),
    );
    // Our own requests are limited already, and discovery has refused every endpoint on http but on loopback hosts.
    config.timeout = 0;
    client.allowInsecureRequests(config);
    config[client.customFetch] = createFetch(http, readersOf(metadata), nonces);
    return config;
  };
  return {
    configure: (metadata, method) => {
      const ofMetadata = known.get(metadata) ?? new Map<ClientAuth, client.Configuration>();
      const config = ofMetadata.get(method) ?? create(metadata, method);
      known.set(metadata, ofMetadata.set(method, config));
      return config;
    },
  };
};
