/**
 * The value of a `DPoP-Nonce` header that can be a nonce; a longer one would make the head of a request too long.
 *
 * @see RFC 9449 section 8.1
 */
export const readDpopNonce = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/.test(value) ? value : undefined;
