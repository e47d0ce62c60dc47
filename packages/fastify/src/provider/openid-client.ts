import { importJWK } from 'jose';
import * as client from 'openid-client';
import { asymmetricAlgorithms } from '../options/provider-options.ts';
import type { ClientAuth } from '../options.ts';
import { Problem } from '../problems.ts';
import type { ClientCredentials } from './client-credentials.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { readErrorCode } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';

/**
 * Reads an answer: throws for what is no success, and gives openid-client what it has to check. `isBound` says whether the
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

const createClientAuth = (
  method: ClientAuth,
  { options: { clientSecret = '' }, credentials }: ProviderContext,
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
  }
};

/** openid-client asks again by itself, with the nonce; a second such answer to one request is a refusal. */
const askForNonce = (): Response =>
  new Response(null, { status: 401, headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"' } });

const createFetch = ({ http, nonces }: ProviderContext, read: ReadAnswer): client.CustomFetch => {
  let wasChallenged = false;
  return async (url, { method, headers, body }) => {
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
    if (!isBound || wasChallenged || readErrorCode(answer) !== 'use_dpop_nonce') return read(answer, isBound);
    wasChallenged = true;
    return askForNonce();
  };
};

/** How a client authenticates in one request, and who reads its answer. */
interface ConfiguredRequest {
  readonly method: ClientAuth;
  readonly read: ReadAnswer;
}

const buildsAddresses: ConfiguredRequest = {
  method: 'client_secret_basic',
  read: async () => {
    throw new Error('This configuration builds addresses only');
  },
};

/** Sets openid-client up for one request to the provider of this metadata, or for the building of addresses. */
export const configure = (
  context: ProviderContext,
  metadata: Metadata,
  { method, read }: ConfiguredRequest = buildsAddresses,
): client.Configuration => {
  const { clientId, clientCert, clockTolerance } = context.options;
  const config = new client.Configuration(
    // Which algorithm is accepted is our own check, whose message names what came and the setting.
    { ...metadata, id_token_signing_alg_values_supported: [...asymmetricAlgorithms] },
    clientId,
    { [client.clockTolerance]: clockTolerance, use_mtls_endpoint_aliases: clientCert !== undefined },
    createClientAuth(method, context),
  );
  // Our own requests are limited already, and discovery has refused every endpoint on http but on loopback hosts.
  config.timeout = 0;
  client.allowInsecureRequests(config);
  config[client.customFetch] = createFetch(context, read);
  return config;
};
