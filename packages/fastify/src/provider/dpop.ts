import { generateKeyPairSync, hash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import {
  type Configuration,
  type DPoPHandle,
  getDPoPHandle,
  type ModifyAssertionFunction,
  modifyAssertion,
} from 'openid-client';
import type { ProviderContext } from './provider-context.ts';
import type { DpopKey } from './token-set.ts';

/** The request that a proof is for. */
export interface DpopRequest {
  readonly method: string;
  /** Query and fragment are left out of the proof. */
  readonly url: string;
  readonly accessToken: string;
  /** The newest nonce of the server that is asked, where it has given one. */
  readonly nonce?: string | undefined;
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' };

/** Makes the key of a session. */
export const createDpopKey = (): DpopKey => {
  const { privateKey } = generateKeyPairSync('ec', curve);
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x, y, d };
};

/** Makes the proof that a request is made by the holder of a session's key. @see RFC 9449 section 4.2 */
export const createDpopProof = async (
  key: DpopKey,
  { method, url, accessToken, nonce }: DpopRequest,
): Promise<string> => {
  const { origin, pathname } = new URL(url);
  const { kty, crv, x, y } = key;
  const ath = hash('sha256', accessToken, 'base64url');
  return new SignJWT({ htm: method, htu: `${origin}${pathname}`, ath, ...(nonce ? { nonce } : {}) })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } })
    .setJti(randomUUID())
    .setIssuedAt()
    .sign(key);
};

/** Has openid-client prove a session's key, with the provider's newest nonce, whichever session learnt it. */
export const proveKey = async (
  { nonces }: Pick<ProviderContext, 'nonces'>,
  config: Configuration,
  key: DpopKey | undefined,
): Promise<{ readonly DPoP?: DPoPHandle }> => {
  if (key === undefined) return {};
  const { d: _private, ...publicPart } = key;
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey('jwk', key, curve, false, ['sign']),
    crypto.subtle.importKey('jwk', publicPart, curve, true, ['verify']),
  ]);
  const nameNonce: ModifyAssertionFunction = (_header, proof) => {
    proof.nonce = nonces.of(new URL(String(proof.htu)).origin);
  };
  return { DPoP: getDPoPHandle(config, { privateKey, publicKey }, { [modifyAssertion]: nameNonce }) };
};
