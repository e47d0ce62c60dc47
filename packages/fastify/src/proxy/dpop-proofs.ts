import { createDpopNonces, readDpopNonce } from '../provider/dpop-nonces.ts';
import type { AccessToken, Provider } from '../provider/provider.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import type { AnswerHead } from './upstream-call.ts';

/** A request to an upstream. */
interface ProvenRequest {
  readonly method: string;
  readonly origin: string;
  /** Path and query. */
  readonly target: string;
}

/** What proves to upstreams that we hold the keys of access tokens. @see RFC 9449 section 7 */
export interface DpopProofs {
  /** The headers that an access token is sent in: with a fresh proof where it is bound to a key. */
  readonly authorize: (token: AccessToken, request: ProvenRequest) => Promise<HeaderValues>;
  /** Remembers the nonce of an answer for the next proof. @see RFC 9449 section 8.2 */
  readonly learn: (origin: string, head: AnswerHead) => void;
}

const nonceHeader = 'dpop-nonce';

/** Whether an upstream refuses a proof because it has no nonce, or an old one, and names another. @see RFC 9449 section 9 */
export const wantsNonce = ({ status, upstream }: AnswerHead): boolean =>
  status === 401 &&
  readDpopNonce(upstream[nonceHeader]) !== undefined &&
  /\berror\s*=\s*"?use_dpop_nonce\b/i.test(String(upstream['www-authenticate'] ?? ''));

/** Makes proofs with the newest nonce of each upstream. */
export const createDpopProofs = ({ createDpopProof }: Pick<Provider, 'createDpopProof'>): DpopProofs => {
  const nonces = createDpopNonces();
  return {
    authorize: async ({ accessToken, dpopKey }, { method, origin, target }) => {
      if (dpopKey === undefined) return { authorization: `Bearer ${accessToken}` };
      const request = { method, url: `${origin}${target}`, accessToken, nonce: nonces.of(origin) };
      const proof = await createDpopProof(dpopKey, request);
      return { authorization: `DPoP ${accessToken}`, dpop: proof };
    },
    learn: (origin, { status, upstream }) =>
      nonces.learn(origin, {
        ...{ status, nonce: upstream[nonceHeader] },
        text: String(upstream['www-authenticate'] ?? ''),
      }),
  };
};
