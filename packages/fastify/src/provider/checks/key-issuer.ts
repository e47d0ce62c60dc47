import { readClaims } from '../json-object.ts';
import { type AcceptedIssuer, isOfTenants, tenantOf } from './issuer.ts';

/**
 * Makes the rule which keys may have signed a token of a provider of many tenants: a key that names an issuer signs for that
 * one alone, or for each tenant where its issuer has a place for them.
 *
 * @see Microsoft identity platform, "Validate the signing key issuer"
 */
export const createKeyRule = (token: string, accepted: AcceptedIssuer): ((keyIssuer: unknown) => boolean) => {
  if (!isOfTenants(accepted.issuer)) return () => true;
  const iss = readClaims(token)?.iss;
  return (keyIssuer) =>
    keyIssuer === undefined ||
    (typeof keyIssuer === 'string' &&
      typeof iss === 'string' &&
      (keyIssuer === iss || tenantOf(iss, keyIssuer) !== undefined));
};
