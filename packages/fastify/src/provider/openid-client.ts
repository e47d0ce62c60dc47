import * as client from 'openid-client';
import { asymmetricAlgorithms } from '../options/provider-options.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

/** Reads one kind of answer: throws for what is no success, and shows openid-client what it shall judge. */
export type ReadAnswer = (answer: ProviderAnswer, form: URLSearchParams) => Promise<Response>;

/** The readers of what openid-client asks for. */
export interface AnswerReaders {
  /** For a grant at the token endpoint. */
  readonly grant: ReadAnswer;
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

const authenticate = (method: ClientAuth, { clientSecret = '' }: ResolvedOptions): client.ClientAuth =>
  method === 'client_secret_basic' ? secretBasic(clientSecret) : client.ClientSecretPost(clientSecret);

const createFetch =
  (http: ProviderHttp, readers: AnswerReaders): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const form = body instanceof URLSearchParams ? body : new URLSearchParams();
    const text = method === 'POST' ? form.toString() : undefined;
    const answer = await http.send(url, { method, headers, body: text });
    if (method !== 'POST') return readers.userinfo(answer, form);
    return form.has('grant_type') ? readers.grant(answer, form) : readers.revocation(answer, form);
  };

/** Which algorithm is accepted is our own check, whose message names what came and the setting. */
const serverMetadata = (metadata: Metadata): client.ServerMetadata => ({
  ...metadata,
  token_endpoint_auth_methods_supported: [...metadata.token_endpoint_auth_methods_supported],
  revocation_endpoint_auth_methods_supported: [...metadata.revocation_endpoint_auth_methods_supported],
  id_token_signing_alg_values_supported: [...asymmetricAlgorithms],
});

/** Sets openid-client up; `readersOf` makes the readers of the answers of one provider. */
export const createOpenidClient = (
  options: ResolvedOptions,
  http: ProviderHttp,
  readersOf: (metadata: Metadata) => AnswerReaders,
): OpenidClient => {
  const known = new WeakMap<Metadata, Map<ClientAuth, client.Configuration>>();
  const create = (metadata: Metadata, method: ClientAuth): client.Configuration => {
    const config = new client.Configuration(
      serverMetadata(metadata),
      options.clientId,
      { [client.clockTolerance]: options.clockTolerance },
      authenticate(method, options),
    );
    // Our own requests are limited already, and discovery has refused every endpoint on http but on loopback hosts.
    config.timeout = 0;
    client.allowInsecureRequests(config);
    config[client.customFetch] = createFetch(http, readersOf(metadata));
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
