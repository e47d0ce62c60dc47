import { type CryptoKey, createLocalJWKSet, errors, type JWK, type JWSHeaderParameters } from 'jose';
import { Problem } from '../problems.ts';
import { isAbsent, parseObject } from './json-object.ts';
import { asRetryable, EndpointRefusal, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

/** The keys that may have made a signature. */
interface FoundKeys {
  readonly keys: readonly CryptoKey[];
  /** Whether they have been fetched for this very call: a second look would bring nothing new. */
  readonly isNew: boolean;
}

/** Which key has made a signature, by the header of the token, and by the issuer that a key may name. */
interface WantedKey {
  readonly header: JWSHeaderParameters;
  readonly maySign: (keyIssuer: unknown) => boolean;
}

/** The provider's keys; embedded keys and key addresses of a token are never looked at. */
export interface KeySet {
  /** @throws Problem `provider_*` when there are no keys yet and they cannot be fetched. */
  readonly find: (url: string, wanted: WantedKey) => Promise<FoundKeys>;
  /**
   * Fetches the keys again; `false` when that was in vain within the last 5 s.
   *
   * @throws Problem `provider_*` when they cannot be fetched now, or could not within the last 5 s.
   */
  readonly renew: (url: string) => Promise<boolean>;
  /** A renewal brought the key: the next one need not wait. */
  readonly confirm: () => void;
}

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

const parseKeySet = (text: string): readonly NamedKey[] | undefined => {
  const keys = parseObject(text)?.keys;
  return Array.isArray(keys) ? keys.filter(isKey).map(withoutAbsent) : undefined;
};

const fetchKeySet = async (http: ProviderHttp, url: string): Promise<readonly NamedKey[]> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw providerProblem(new EndpointRefusal('key set', response, undefined));
  const keys = parseKeySet(response.text);
  if (!keys) throw new Problem('provider_invalid_response', 'the key set at jwks_uri is malformed');
  return keys;
};

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

const findKeys = async (
  { groups }: LoadedKeys,
  { header, maySign }: WantedKey,
): Promise<readonly CryptoKey[]> => {
  const usable = groups.filter(({ issuer }) => maySign(issuer));
  return (await Promise.all(usable.map((group) => findInGroup(group, header)))).flat();
};

const groupKeys = (keys: readonly NamedKey[]): readonly KeyGroup[] =>
  [...Map.groupBy(keys, ({ issuer }) => issuer)].map(([issuer, ofIssuer]) => ({
    issuer,
    byKid: createLocalJWKSet({ keys: ofIssuer }),
    withoutKid: createLocalJWKSet({ keys: ofIssuer.filter(({ kid }) => kid === undefined) }),
  }));

/** Makes the key set of a provider. @see OpenID Connect Core section 10.1.1 */
export const createKeySet = (http: ProviderHttp, clock: () => number): KeySet => {
  let loaded: LoadedKeys | undefined;
  let running: Promise<LoadedKeys> | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failure: Problem | undefined;
  let failures = 0;
  let retryAt = Number.NEGATIVE_INFINITY;

  const load = async (url: string): Promise<LoadedKeys> => {
    try {
      const keys = await fetchKeySet(http, url);
      loaded = { url, loadedAt: clock(), groups: groupKeys(keys) };
      failure = undefined;
      failures = 0;
      return loaded;
    } catch (error) {
      failure = asRetryable(providerProblem(error));
      retryAt = clock() + Math.min(firstRetryMs * 2 ** failures, pauseMs);
      failures = Math.min(failures + 1, 8);
      throw failure;
    } finally {
      running = undefined;
    }
  };
  const loadOnce = (url: string): Promise<LoadedKeys> => {
    running ??= load(url);
    return running;
  };
  /** Without keys a token of anyone's making asks for them: not at every call, where they cannot be had. */
  const loadFirst = async (url: string): Promise<LoadedKeys> => {
    if (running === undefined && failure !== undefined && clock() < retryAt) throw failure;
    return loadOnce(url);
  };
  /** Old keys are renewed, and stay when that fails. */
  const loadAged = async (url: string, aged: LoadedKeys): Promise<LoadedKeys> => {
    if (clock() < aged.loadedAt + lifetimeMs || clock() < pausedUntil) return aged;
    pausedUntil = clock() + pauseMs;
    return loadOnce(url).catch(() => aged);
  };
  return {
    find: async (url, wanted) => {
      const before = loaded?.url === url ? loaded : undefined;
      const now = before === undefined ? await loadFirst(url) : await loadAged(url, before);
      return { keys: await findKeys(now, wanted), isNew: now !== before };
    },
    renew: async (url) => {
      if (running === undefined && clock() < pausedUntil) {
        if (failure !== undefined) throw failure;
        return false;
      }
      if (running === undefined) pausedUntil = clock() + pauseMs;
      await loadOnce(url);
      return true;
    },
    confirm: () => {
      pausedUntil = Number.NEGATIVE_INFINITY;
    },
  };
};
