import { errors } from 'jose';

/**
 * Refuses a token whose parts are other spellings of the same bytes: base64 has several, jose reads padding, and one
 * token would have many texts.
 *
 * @throws JWSInvalid.
 * @see RFC 7515 section 2
 */
export const requireCanonicalEncoding = (token: string): void => {
  const parts = token.split('.');
  if (parts.length !== 3) throw new errors.JWSInvalid('The token does not have three parts');
  for (const part of parts) {
    if (Buffer.from(part, 'base64url').toString('base64url') !== part)
      throw new errors.JWSInvalid('A part is not base64url');
  }
};
