import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import {
  type ClientKey,
  parseClientCert,
  parseClientKeys,
  readSource,
  unfoldPem,
} from '../options/client-keys.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import type { JsonObject } from './json-object.ts';

/** Key and certificate of one connection, as PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

/** What the client proves its identity with, beside its secret. */
export interface ClientCredentials {
  /** The first signs. */
  readonly keys: readonly ClientKey[];
  /** Shown to the provider by mutual TLS. */
  readonly tls: TlsIdentity | undefined;
}

/** The credentials as they are now: the same object until their files change. */
export type CurrentCredentials = () => ClientCredentials;

type Options = Pick<ResolvedOptions, 'clientKey' | 'clientCert' | 'clock'>;

/** Milliseconds between two looks at the files. */
const rereadMs = 5000;

const readTexts = ({ clientKey = '', clientCert = '' }: Options): readonly [string, string] => [
  readSource(clientKey),
  unfoldPem(readSource(clientCert)),
];

const parse = ([keyText, cert]: readonly [string, string]): ClientCredentials => {
  const keys = keyText === '' ? [] : parseClientKeys(keyText);
  if (cert === '') return { keys, tls: undefined };
  const parsed = parseClientCert(cert);
  const key = keys.find(({ privateKey }) => parsed.checkPrivateKey(privateKey));
  if (key === undefined) throw new Error('The certificate belongs to none of the keys of the client');
  return { keys, tls: { key: String(key.privateKey.export({ type: 'pkcs8', format: 'pem' })), cert } };
};

/**
 * Reads the client's keys and certificate, and their files again when they change: while these cannot be used, one is
 * replaced before the other, what was read before stays.
 */
export const createClientCredentials = (options: Options, log: FastifyBaseLogger): CurrentCredentials => {
  let texts = readTexts(options);
  let known = parse(texts);
  let readAt = options.clock();
  return () => {
    if (Math.abs(options.clock() - readAt) < rereadMs) return known;
    readAt = options.clock();
    try {
      const now = readTexts(options);
      if (now.join() !== texts.join()) known = parse(now);
      texts = now;
    } catch (error) {
      logEvent(log, 'client_key_unusable', { err: error });
    }
    return known;
  };
};

/** A JWK set of public keys. */
export interface PublicKeys {
  readonly keys: readonly JsonObject[];
}

/** The public parts of the client's keys; that of the certificate has it beside it. @see RFC 7517 section 5 */
export const publicKeys = ({ keys, tls }: ClientCredentials): PublicKeys => {
  const cert = tls === undefined ? undefined : parseClientCert(tls.cert);
  return {
    keys: keys.map(({ privateKey, publicJwk }) =>
      cert?.checkPrivateKey(privateKey) ? { ...publicJwk, x5c: [cert.raw.toString('base64')] } : publicJwk,
    ),
  };
};

/** The methods of a client that has a key, and a certificate for it where that is set. */
export const keyMethods = ({ clientCert }: Pick<ResolvedOptions, 'clientCert'>): readonly ClientAuth[] => [
  'private_key_jwt',
  ...(clientCert === undefined ? [] : (['tls_client_auth', 'self_signed_tls_client_auth'] as const)),
];

/** The method that is tried first: the configured one, else of those that are possible one that the provider lists. */
export const firstMethod = (
  options: Pick<ResolvedOptions, 'clientSecret' | 'clientKey' | 'clientCert' | 'clientAuth'>,
  listed: readonly string[],
): ClientAuth => {
  const byKey = options.clientKey === undefined ? [] : keyMethods(options);
  const bySecret = ['client_secret_basic', 'client_secret_post'] as const;
  const possible = byKey.length > 0 && !options.clientSecret ? byKey : [...bySecret, ...byKey];
  const [preferred = 'client_secret_basic'] = possible;
  return options.clientAuth ?? possible.find((method) => listed.includes(method)) ?? preferred;
};
