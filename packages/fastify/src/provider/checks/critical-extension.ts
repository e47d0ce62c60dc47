import { errors } from 'jose';
import type { JsonObject } from '../json-object.ts';

/** No extension is understood here, not even one that jose knows. @see RFC 7515 section 4.1.11 */
export const requireNoExtension = ({ crit }: JsonObject): void => {
  if (crit !== undefined) throw new errors.JOSENotSupported('crit names an extension');
};
