/** Claims about a token rather than a person, and names that tokens have. */
const protocolClaims: ReadonlySet<string> = new Set([
  ...['iss', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'azp', 'sid', 'jti', 'at_hash', 'c_hash', 's_hash'],
  ...['auth_time', 'acr', 'amr', 'access_token', 'refresh_token', 'id_token'],
  // Code that copies it member by member would set the prototype of the copy.
  '__proto__',
]);

/** Whether a claim is one that the browser is never shown: one of the protocol, or named like a token. */
export const isProtocolClaim = (name: string): boolean => protocolClaims.has(name);
