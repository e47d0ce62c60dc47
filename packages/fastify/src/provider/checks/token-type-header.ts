import { isAbsent, type JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/** Refuses another kind of token, an access token for one, in place of an ID token. @see RFC 8725 section 3.11 */
export const requireIdTokenType = ({ typ }: JsonObject): void => {
  if (!isAbsent(typ) && String(typ).toUpperCase() !== 'JWT')
    throw refusedClaim('typ is another kind of token');
};
