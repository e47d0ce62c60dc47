import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose';
import { Problem } from '../problems.ts';
import { EndpointRefusal, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

/** Finds the key of a signature; embedded keys and key addresses of the token are never looked at. */
export type FindKey = (header: JWSHeaderParameters) => Promise<CryptoKey>;

const minimumAge = 5_000;

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
  const keySet = parseKeySet(await response.text());
  if (!keySet) throw new Problem('provider_invalid_response', 'the key set at jwks_uri is malformed');
  return keySet;
};

/** The provider's keys; an unknown `kid` fetches them again, at most once in 5 s. */
export const createKeySet = (http: ProviderHttp, clock: () => number): ((url: string) => FindKey) => {
  let local: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  const load = async (url: string): Promise<void> => {
    try {
      const keySet = await fetchKeySet(http, url);
      local = createLocalJWKSet(keySet);
      fetchedAt = clock();
    } finally {
      running = undefined;
    }
  };
  const refetch = (url: string): Promise<void> => {
    running ??= load(url);
    return running;
  };
  return (url) => async (header) => {
    if (!local) await refetch(url);
    const find = async (): Promise<CryptoKey> => {
      if (!local) throw new errors.JWKSNoMatchingKey();
      return local({ ...(header.kid === undefined ? {} : { kid: header.kid }), alg: header.alg ?? '' });
    };
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!running && clock() - fetchedAt < minimumAge) throw error;
      await refetch(url);
      return find();
    }
  };
};
