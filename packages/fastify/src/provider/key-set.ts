import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { Problem } from '../problems.ts';
import { asRetryable, EndpointRefusal, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

/** Finds the key of a signature; embedded keys and key addresses of the token are never looked at. */
export type FindKey = (header: JWSHeaderParameters) => Promise<CryptoKey>;

const minimumPause = 5_000;

const parseKeySet = (text: string): JSONWebKeySet | undefined => {
  const keys = parseObject(text)?.keys;
  if (!Array.isArray(keys)) return undefined;
  return {
    keys: keys.filter((key) => typeof key === 'object' && key !== null && typeof key.kty === 'string'),
  };
};

const fetchKeySet = async (http: ProviderHttp, url: string): Promise<JSONWebKeySet> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw providerProblem(new EndpointRefusal('key set', response, undefined));
  const keySet = parseKeySet(response.text);
  if (!keySet) throw new Problem('provider_invalid_response', 'the key set at jwks_uri is malformed');
  return keySet;
};

/**
 * The provider's keys. An unknown `kid` fetches them again at once; after a fetch that failed or did not bring
 * the key, not for another 5 s, so that a flood of unknown `kid`s costs little and rotations are followed.
 *
 * @see OpenID Connect Core section 10.1.1
 */
export const createKeySet = (http: ProviderHttp, clock: () => number): ((url: string) => FindKey) => {
  let local: ReturnType<typeof createLocalJWKSet> | undefined;
  let running: Promise<void> | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let failure: Problem | undefined;
  const load = async (url: string): Promise<void> => {
    try {
      local = createLocalJWKSet(await fetchKeySet(http, url));
      failure = undefined;
    } catch (error) {
      failure = asRetryable(providerProblem(error));
      throw failure;
    } finally {
      running = undefined;
    }
  };
  const fetchOnce = (url: string): Promise<void> => {
    running ??= load(url);
    return running;
  };
  const find: FindKey = async ({ kid, alg = '' }) => {
    if (!local) throw new errors.JWKSNoMatchingKey();
    return local(kid === undefined ? { alg } : { kid, alg });
  };
  const findAgain = async (url: string, header: JWSHeaderParameters): Promise<CryptoKey> => {
    if (!running) {
      if (clock() < pausedUntil) throw failure ?? new errors.JWKSNoMatchingKey();
      pausedUntil = clock() + minimumPause;
    }
    await fetchOnce(url);
    const key = await find(header);
    pausedUntil = Number.NEGATIVE_INFINITY;
    return key;
  };
  return (url) => async (header) => {
    const wasEmpty = !local;
    if (wasEmpty) await fetchOnce(url);
    try {
      return await find(header);
    } catch (error) {
      if (wasEmpty || !(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return findAgain(url, header);
    }
  };
};
