import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

/** What a proof has to show. */
interface BoundToken {
  readonly token: string;
  /** Thumbprint of the key that the token is bound to. */
  readonly thumbprint: string;
}

/** Verifies proofs, each once. */
export interface DpopProofs {
  /** @throws when the request does not prove the key of its access token. @see RFC 9449 section 4.3 */
  readonly verify: (request: FastifyRequest, bound: BoundToken) => Promise<void>;
}

const algorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'];
const maxAgeSeconds = 60;
const maxProofs = 10_000;

/** Remembers the proofs of the last minutes. */
const createSeenProofs = () => {
  const seen = new Set<string>();
  return (id: string): boolean => {
    if (seen.has(id)) return true;
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > maxProofs && oldest !== undefined) seen.delete(oldest);
    return false;
  };
};

/** Creates the verifier of proofs. The API is reached under the host that requests name. */
export const createDpopProofs = (): DpopProofs => {
  const wasSeen = createSeenProofs();
  return {
    verify: async (request, { token, thumbprint }) => {
      const { payload, protectedHeader } = await jwtVerify(String(request.headers.dpop), EmbeddedJWK, {
        ...{ typ: 'dpop+jwt', algorithms, maxTokenAge: maxAgeSeconds, clockTolerance: 5 },
        requiredClaims: ['jti', 'htm', 'htu', 'ath', 'iat'],
      });
      const address = `${request.protocol}://${request.host}${request.url.split('?', 1)[0]}`;
      const hash = createHash('sha256').update(token).digest('base64url');
      const { htm, htu, ath, jti = '' } = payload;
      if (htm !== request.method || htu !== address || ath !== hash)
        throw new Error('The proof is for another request or token');
      if ((await calculateJwkThumbprint(protectedHeader.jwk ?? {})) !== thumbprint)
        throw new Error('The token is bound to another key');
      if (wasSeen(`${thumbprint} ${jti}`)) throw new Error('The proof was used before');
    },
  };
};
