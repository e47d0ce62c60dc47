/** The newest nonce of each server that proofs are sent to. @see RFC 9449 section 8.2 */
export interface DpopNonces {
  readonly of: (origin: string) => string | undefined;
  /** Takes the `DPoP-Nonce` of an answer; one that refuses the proof and names no other nonce ends the use of the old. */
  readonly learn: (origin: string, answer: NonceAnswer) => void;
}

/** The part of an answer that is about nonces. */
interface NonceAnswer {
  readonly nonce: string | string[] | undefined;
  readonly status: number;
  /** Where the error of a refusal stands. */
  readonly text: string;
}

const refusesProof = ({ status, text }: NonceAnswer): boolean =>
  (status === 400 || status === 401) && /\b(invalid_dpop_proof|use_dpop_nonce)\b/.test(text);

/** The value of a `DPoP-Nonce` header that can be a nonce; a longer one would make the head of a request too long. @see RFC 9449 section 8.1 */
export const readDpopNonce = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/.test(value) ? value : undefined;

/** Makes an empty memory: it has as many entries as there are servers in the configuration and the metadata. */
export const createDpopNonces = (): DpopNonces => {
  const nonces = new Map<string, string>();
  return {
    of: (origin) => nonces.get(origin),
    learn: (origin, answer) => {
      const newest = readDpopNonce(answer.nonce);
      if (newest !== undefined) nonces.set(origin, newest);
      else if (refusesProof(answer)) nonces.delete(origin);
    },
  };
};
