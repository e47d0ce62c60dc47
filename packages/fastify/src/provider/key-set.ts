import { type CryptoKey, createLocalJWKSet, errors } from 'jose';
import { memoize } from '../memoize.ts';
import { Problem } from '../problems.ts';
import { isAbsent, isObject, type JsonObject, parseObject, withoutAbsent } from './json-object.ts';
import { asRetryable, EndpointRefusal, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';
import { createSingleFetch, type SingleFetch } from './single-fetch.ts';

/** Which key has made a signature, by the header of the token, and by the issuer that a key may name. */
interface WantedKey {
  readonly header: JsonObject;
  readonly maySign: (keyIssuer: unknown) => boolean;
}

/** Verifies with one key. @throws JWSSignatureVerificationFailed when another key has signed. */
type VerifyWith<Verified> = (key: CryptoKey) => Promise<Verified>;

/**
 * Verifies with the keys of the provider, each in turn. Keys are fetched again when none has signed the token: it was
 * signed by a new one, perhaps under a known `kid`. Embedded keys and key addresses of a token are never looked at.
 *
 * @throws Problem `provider_*` when the keys cannot be fetched, or could not within the last 5 s; else what `verifyWith`
 * throws, and JWKSNoMatchingKey.
 */
export type KeySet = <Verified>(
  url: string,
  wanted: WantedKey,
  verifyWith: VerifyWith<Verified>,
) => Promise<Verified>;

const pauseMs = 5000;
const lifetimeMs = 3600_000;

interface LoadedKeys {
  readonly loadedAt: number;
  readonly keys: readonly ListedKey[];
}

/** A key of the set; that of a provider of many tenants may name its issuer. Without a `kid` it may be of any. */
interface ListedKey {
  readonly issuer: unknown;
  readonly kid: unknown;
  /** Imports it for an algorithm. @throws when it is for something else, or no key at all. */
  readonly select: ReturnType<typeof createLocalJWKSet>;
}

const isKey = (key: unknown): key is JsonObject & { readonly kty: string } =>
  isObject(key) && typeof key.kty === 'string';

/** `EdDSA` and `Ed25519` name one algorithm, so that the curve alone says what such a key is for. */
const listKey = ({ kty, ...members }: JsonObject & { readonly kty: string }): ListedKey => {
  const ofCurve = members.crv === 'Ed25519' ? { ...members, alg: undefined } : members;
  const { issuer, kid, ...others } = withoutAbsent(ofCurve);
  return { issuer, kid, select: createLocalJWKSet({ keys: [{ kty, ...others }] }) };
};

const fetchKeySet = async (http: ProviderHttp, url: string): Promise<readonly ListedKey[]> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw providerProblem(new EndpointRefusal('key set', response));
  const keys = parseObject(response.text)?.keys;
  if (!Array.isArray(keys))
    throw new Problem('provider_invalid_response', 'the key set at jwks_uri is malformed');
  return keys.filter(isKey).map(listKey);
};

/** The keys that may have signed; those for something else, or that cannot be read, are passed over. */
const findKeys = async (
  { keys }: LoadedKeys,
  { header: { kid, alg }, maySign }: WantedKey,
): Promise<readonly CryptoKey[]> => {
  const importThose = async (isMeant: (key: ListedKey) => boolean): Promise<readonly CryptoKey[]> => {
    const meant = keys.filter((key) => maySign(key.issuer) && isMeant(key));
    const imported = await Promise.allSettled(meant.map(({ select }) => select({ alg: String(alg) })));
    return imported.flatMap((key) => (key.status === 'fulfilled' ? [key.value] : []));
  };
  if (isAbsent(kid)) return importThose(() => true);
  const named = await importThose((key) => key.kid === kid);
  return named.length > 0 ? named : importThose((key) => key.kid === undefined);
};

/** A key that jose refuses to use, of less than 2,048 bits for one, is a `TypeError`. */
const isOfAnotherKey = (error: unknown): error is Error =>
  error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError;

const tryKeys = async <Verified>(
  loaded: LoadedKeys,
  wanted: WantedKey,
  verifyWith: VerifyWith<Verified>,
): Promise<Verified> => {
  let failure: Error | undefined;
  for (const key of await findKeys(loaded, wanted)) {
    try {
      return await verifyWith(key);
    } catch (error) {
      if (!isOfAnotherKey(error)) throw error;
      failure = error;
    }
  }
  throw failure ?? new errors.JWKSNoMatchingKey();
};

const mayBeOfNewKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

/** Makes the key set of a provider. @see OpenID Connect Core section 10.1.1 */
export const createKeySet = (http: ProviderHttp, clock: () => number): KeySet => {
  const load = async (url: string): Promise<LoadedKeys> => {
    try {
      return { keys: await fetchKeySet(http, url), loadedAt: clock() };
    } catch (error) {
      throw asRetryable(providerProblem(error));
    }
  };
  let pausedUntil = Number.NEGATIVE_INFINITY;
  const sourceAt = memoize(1, (url: string) => createSingleFetch(() => load(url), clock));
  /** Keys that are not there yet, or old; old ones stay when that fails. */
  const find = async ({ current, fetch }: SingleFetch<LoadedKeys>): Promise<LoadedKeys> => {
    const known = current();
    if (known === undefined) return fetch();
    if (clock() < Math.max(known.loadedAt + lifetimeMs, pausedUntil)) return known;
    pausedUntil = clock() + pauseMs;
    return fetch().catch(() => known);
  };
  /** `undefined` when the keys were fetched in vain within the last 5 s. */
  const renew = async ({ fetch, outcome }: SingleFetch<LoadedKeys>): Promise<LoadedKeys | undefined> => {
    if (clock() < pausedUntil) return outcome();
    pausedUntil = clock() + pauseMs;
    return fetch();
  };
  return async (url, wanted, verifyWith) => {
    const keySource = sourceAt(url);
    const known = keySource.current();
    const keys = await find(keySource);
    try {
      return await tryKeys(keys, wanted, verifyWith);
    } catch (error) {
      if (keys !== known || !mayBeOfNewKey(error)) throw error;
      const renewed = await renew(keySource);
      if (renewed === undefined) throw error;
      const verified = await tryKeys(renewed, wanted, verifyWith);
      // The renewal brought the key: the next one need not wait.
      pausedUntil = Number.NEGATIVE_INFINITY;
      return verified;
    }
  };
};
