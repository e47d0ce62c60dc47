import type { JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/** The `sub`: text of 1 to 255 characters. @see OpenID Connect Core section 2 */
export const requireSubject = ({ sub }: JsonObject): string => {
  if (typeof sub !== 'string' || sub.length < 1 || sub.length > 255) throw refusedClaim('sub is malformed');
  return sub;
};
