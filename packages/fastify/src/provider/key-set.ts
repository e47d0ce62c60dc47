import { type CryptoKey, createLocalJWKSet, errors, type JWK, type JWSHeaderParameters } from 'jose';
import { Problem } from '../problems.ts';
import { isAbsent, parseObject } from './json-object.ts';
import { asRetryable, EndpointRefusal, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

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
/** Milliseconds after a failure while there are no keys yet. */
const firstRetryMs = 250;
const lifetimeMs = 3600_000;

type SelectKey = ReturnType<typeof createLocalJWKSet>;

interface LoadedKeys {
  readonly url: string;
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
  let failure: Error = new errors.JWKSNoMatchingKey();
  for (const group of groups.filter(({ issuer }) => maySign(issuer)))
    for (const key of await findInGroup(group, header)) {
      try {
        return await verifyWith(key);
      } catch (error) {
        if (!isOfAnotherKey(error)) throw error;
        failure = error;
      }
    }
  throw failure;
};

const mayBeOfNewKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

/** Makes the key set of a provider. @see OpenID Connect Core section 10.1.1 */
export const createKeySet = (http: ProviderHttp, clock: () => number): KeySet => {
  let loaded: LoadedKeys | undefined;
  let running: { readonly url: string; readonly keys: Promise<LoadedKeys> } | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failure: { readonly url: string; readonly problem: Problem; readonly retryAt: number } | undefined;
  let failures = 0;

  const load = async (url: string): Promise<LoadedKeys> => {
    try {
      const keys = await fetchKeySet(http, url);
      loaded = { url, loadedAt: clock(), groups: groupKeys(keys) };
      failure = undefined;
      failures = 0;
      return loaded;
    } catch (error) {
      const problem = asRetryable(providerProblem(error));
      failure = { url, problem, retryAt: clock() + Math.min(firstRetryMs * 2 ** failures, pauseMs) };
      failures = Math.min(failures + 1, 8);
      throw problem;
    } finally {
      if (running?.url === url) running = undefined;
    }
  };
  const loadOnce = (url: string): Promise<LoadedKeys> => {
    if (running?.url !== url) running = { url, keys: load(url) };
    return running.keys;
  };
  /** Without keys a token of anyone's making asks for them: not at every call, where they cannot be had. */
  const loadFirst = async (url: string): Promise<LoadedKeys> => {
    if (running?.url !== url && failure?.url === url && clock() < failure.retryAt) throw failure.problem;
    return loadOnce(url);
  };
  /** Old keys are renewed, and stay when that fails. */
  const loadAged = async (url: string, aged: LoadedKeys): Promise<LoadedKeys> => {
    if (clock() < aged.loadedAt + lifetimeMs || clock() < pausedUntil) return aged;
    pausedUntil = clock() + pauseMs;
    return loadOnce(url).catch(() => aged);
  };
  /** `undefined` when the keys were fetched in vain within the last 5 s. */
  const renew = async (url: string): Promise<LoadedKeys | undefined> => {
    if (running?.url === url) return running.keys;
    if (clock() >= pausedUntil) {
      pausedUntil = clock() + pauseMs;
      return loadOnce(url);
    }
    if (failure !== undefined) throw failure.problem;
    return undefined;
  };
  const find = async (url: string) => {
    const known = loaded?.url === url ? loaded : undefined;
    const keys = known === undefined ? await loadFirst(url) : await loadAged(url, known);
    return { keys, isNew: keys !== known };
  };
  return async (url, wanted, verifyWith) => {
    const { keys, isNew } = await find(url);
    try {
      return await tryKeys(keys, wanted, verifyWith);
    } catch (error) {
      if (isNew || !mayBeOfNewKey(error)) throw error;
      const renewed = await renew(url);
      if (renewed === undefined) throw error;
      const verified = await tryKeys(renewed, wanted, verifyWith);
      // The renewal brought the key: the next one need not wait.
      pausedUntil = Number.NEGATIVE_INFINITY;
      return verified;
    }
  };
};
