import { errors } from 'jose';

/** No extension is understood here, not even one that jose knows. @see RFC 7515 section 4.1.11 */
export const requireNoExtension = ({ crit }: Readonly<Record<string, unknown>>): void => {
  if (crit !== undefined) throw new errors.JOSENotSupported('crit names an extension');
};
