import { AsyncLocalStorage } from 'node:async_hooks';
import { importJWK } from 'jose';
import * as client from 'openid-client';
import { asymmetricAlgorithms } from '../options/provider-options.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { ClientCredentials, CurrentCredentials } from './client-credentials.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import type { Metadata } from './metadata.ts';
import { readErrorCode } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

/**
 * Reads an answer: throws for refusals and failures, and returns what openid-client has to check. `isBound` says whether the
 * request has proved a key: the access token has to be bound to it.
 */
export type ReadAnswer = (answer: ProviderAnswer, isBound: boolean) => Promise<Response>;

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
const nameAlgorithm = (alg: string, listed: readonly string[] | undefined): string => {
  if (alg !== 'EdDSA' && alg !== 'Ed25519') return alg;
  return listed?.includes('Ed25519') && !listed.includes('EdDSA') ? 'Ed25519' : 'EdDSA';
};

/** The key that signs for the client, as openid-client takes it, and how its algorithm is named to those that know `listed`. */
export const readSigningKey = async (
  { keys: [first] }: ClientCredentials,
  listed: readonly string[] | undefined,
): Promise<readonly [client.PrivateKey, client.ModifyAssertionOptions]> => {
  if (first === undefined) throw new Problem('provider_error', 'there is no key: look at OIDC_CLIENT_KEY');
  const { alg, kid, privateKey } = first;
  const key = await importJWK(privateKey.export({ format: 'jwk' }), alg);
  if (key instanceof Uint8Array) throw new TypeError('A private key is no secret');
  const modify: client.ModifyAssertionFunction = (header) => {
    header.alg = nameAlgorithm(alg, listed);
  };
  return [{ key, kid }, { [client.modifyAssertion]: modify }];
};

/** What openid-client works with. */
export interface ClientSettings {
  readonly options: ResolvedOptions;
  readonly http: ProviderHttp;
  readonly credentials: CurrentCredentials;
  /** The newest DPoP nonce of each of the provider's origins, of which there are few. */
  readonly nonces: DpopNonces;
}

/** One request through openid-client. */
interface ClientRequest {
  /** How the client authenticates; not at all where that is left out. */
  readonly method?: ClientAuth;
  readonly read: ReadAnswer;
}

/** openid-client calls back without saying for which request: this does. */
const requests = new AsyncLocalStorage<ClientRequest & { wasChallenged: boolean }>();

const currentRequest = (): ClientRequest & { wasChallenged: boolean } => {
  const request = requests.getStore();
  if (request === undefined) throw new Error('openid-client is asked for a request outside of withRequest');
  return request;
};

/** Runs a function of openid-client that makes one request. */
export const withRequest = <Result>(request: ClientRequest, run: () => Promise<Result>): Promise<Result> =>
  requests.run({ ...request, wasChallenged: false }, run);

const createClientAuth = (
  method: ClientAuth | undefined,
  { options: { clientSecret = '' }, credentials }: ClientSettings,
): client.ClientAuth => {
  switch (method) {
    case 'client_secret_basic':
      return secretBasic(clientSecret);
    case 'client_secret_post':
      return client.ClientSecretPost(clientSecret);
    case 'private_key_jwt':
      return async (server, ...sent) => {
        const listed = server.token_endpoint_auth_signing_alg_values_supported;
        await client.PrivateKeyJwt(...(await readSigningKey(credentials(), listed)))(server, ...sent);
      };
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth':
      return client.TlsClientAuth();
    case undefined:
      return client.None();
  }
};

/** openid-client asks again by itself, with the nonce; a second such answer to one request is a refusal. */
const askForNonce = (): Response =>
  new Response(null, { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } });

const createFetch =
  ({ http, nonces }: ClientSettings): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const request = currentRequest();
    const answer = await http.send(url, {
      method,
      headers,
      body: method === 'POST' ? String(body) : undefined,
    });
    nonces.learn(new URL(url).origin, {
      ...{ status: answer.status, nonce: answer.header('dpop-nonce') },
      text: `${answer.header('www-authenticate')} ${answer.text}`,
    });
    const isBound = 'dpop' in headers;
    if (!isBound || request.wasChallenged || readErrorCode(answer) !== 'use_dpop_nonce')
      return request.read(answer, isBound);
    request.wasChallenged = true;
    return askForNonce();
  };

/** Sets openid-client up for the provider of this metadata. */
export const createConfiguration = (settings: ClientSettings, metadata: Metadata): client.Configuration => {
  const { clientId, clientCert, clockTolerance } = settings.options;
  const config = new client.Configuration(
    // Our own check decides which algorithms are accepted; its message names the algorithm and the setting.
    { ...metadata, id_token_signing_alg_values_supported: [...asymmetricAlgorithms] },
    clientId,
    { [client.clockTolerance]: clockTolerance, use_mtls_endpoint_aliases: clientCert !== undefined },
    (...sent) => createClientAuth(currentRequest().method, settings)(...sent),
  );
  // Our own requests are limited already, and discovery has refused every endpoint on http but on loopback hosts.
  config.timeout = 0;
  client.allowInsecureRequests(config);
  config[client.customFetch] = createFetch(settings);
  return config;
};
