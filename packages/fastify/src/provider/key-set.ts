import { type CryptoKey, createLocalJWKSet, errors, type JWK, type JWSHeaderParameters } from 'jose';
import { Problem } from '../problems.ts';
import { isAbsent, parseObject } from './json-object.ts';
import { asRetryable, EndpointRefusal, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';
import { createSingleFetch, type SingleFetch } from './single-fetch.ts';

/** Which key has made a signature, by the header of the token, and by the issuer that a key may name. */
interface WantedKey {
  readonly header: JWSHeaderParameters;
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

type SelectKey = ReturnType<typeof createLocalJWKSet>;

interface LoadedKeys {
  readonly loadedAt: number;
  /** One for each issuer that keys name, and one for those that name none. */
  readonly groups: readonly KeyGroup[];
}

interface KeyGroup {
  readonly issuer: unknown;
  readonly byKid: SelectKey;
  /** Keys without a `kid` may be of any. */
  readonly withoutKid: SelectKey;
}

/** A key of the set; that of a provider of many tenants may name its issuer. */
type NamedKey = JWK & { readonly kty: string; readonly issuer?: unknown };

const isKey = (key: unknown): key is NamedKey =>
  typeof key === 'object' && key !== null && 'kty' in key && typeof key.kty === 'string';

/** `EdDSA` and `Ed25519` name one algorithm, so that the curve alone says what such a key is for. */
const withoutAbsent = (key: NamedKey): NamedKey => {
  const present = Object.entries(key).filter(
    ([name, value]) => !isAbsent(value) && !(name === 'alg' && key.crv === 'Ed25519'),
  );
  return { kty: key.kty, ...Object.fromEntries(present) };
};

const fetchKeySet = async (http: ProviderHttp, url: string): Promise<readonly NamedKey[]> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw providerProblem(new EndpointRefusal('key set', response, undefined));
  const keys = parseObject(response.text)?.keys;
  if (!Array.isArray(keys))
    throw new Problem('provider_invalid_response', 'the key set at jwks_uri is malformed');
  return keys.filter(isKey).map(withoutAbsent);
};

const groupKeys = (keys: readonly NamedKey[]): readonly KeyGroup[] =>
  [...Map.groupBy(keys, ({ issuer }) => issuer)].map(([issuer, ofIssuer]) => ({
    issuer,
    byKid: createLocalJWKSet({ keys: ofIssuer }),
    withoutKid: createLocalJWKSet({ keys: ofIssuer.filter(({ kid }) => kid === undefined) }),
  }));

const collectKeys = async (found: AsyncIterable<CryptoKey>): Promise<readonly CryptoKey[]> => {
  const keys: CryptoKey[] = [];
  for await (const key of found) keys.push(key);
  return keys;
};

const selectKeys = async (select: SelectKey, header: JWSHeaderParameters): Promise<readonly CryptoKey[]> => {
  try {
    return [await select(header)];
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return collectKeys(error);
    if (error instanceof errors.JWKSNoMatchingKey) return [];
    throw error;
  }
};

const findInGroup = async (
  { byKid, withoutKid }: KeyGroup,
  { kid, alg = '' }: JWSHeaderParameters,
): Promise<readonly CryptoKey[]> => {
  if (kid === undefined || isAbsent(kid)) return selectKeys(byKid, { alg });
  const named = await selectKeys(byKid, { kid, alg });
  return named.length > 0 ? named : selectKeys(withoutKid, { alg });
};

/** A key that jose refuses to use, of less than 2,048 bits for one, is a `TypeError`. */
const isOfAnotherKey = (error: unknown): error is Error =>
  error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError;

const tryKeys = async <Verified>(
  { groups }: LoadedKeys,
  { header, maySign }: WantedKey,
  verifyWith: VerifyWith<Verified>,
): Promise<Verified> => {
  const signing = groups.filter(({ issuer }) => maySign(issuer));
  const keys = await Promise.all(signing.map((group) => findInGroup(group, header)));
  let failure: Error | undefined;
  for (const key of keys.flat()) {
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
      return { groups: groupKeys(await fetchKeySet(http, url)), loadedAt: clock() };
    } catch (error) {
      throw asRetryable(providerProblem(error));
    }
  };
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let source: (SingleFetch<LoadedKeys> & { readonly url: string }) | undefined;
  const sourceAt = (url: string): SingleFetch<LoadedKeys> => {
    if (source?.url !== url) source = { url, ...createSingleFetch(() => load(url), clock) };
    return source;
  };
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
