import type { JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/** Whose tokens are accepted: one issuer, or the tenants of a provider whose issuer has a placeholder for them. */
export interface AcceptedIssuer {
  /** As in the metadata; `{tenantid}` in it stands for a tenant. */
  readonly issuer: string;
  /** The tenants that are accepted; `*` is any. */
  readonly tenants?: readonly string[] | undefined;
}

/** What stands for the tenant in the issuer of Entra ID's metadata for many tenants. */
const tenantPlace = '{tenantid}';

/** Whether an issuer stands for those of many tenants. */
export const isOfTenants = (issuer: string): boolean => issuer.includes(tenantPlace);

/** The tenant that an issuer names; `undefined` for an issuer of another form, and where there is one issuer alone. */
export const tenantOf = (found: string, issuer: string): string | undefined => {
  const [before, after] = issuer.split(tenantPlace);
  if (before === undefined || after === undefined) return undefined;
  if (!found.startsWith(before) || !found.endsWith(after)) return undefined;
  const tenant = found.slice(before.length, found.length - after.length);
  return /^[\w.-]{1,64}$/.test(tenant) ? tenant : undefined;
};

/** Whether an issuer is the accepted one, to the byte, or that of an accepted tenant. */
export const isAcceptedIssuer = (found: unknown, { issuer, tenants = [] }: AcceptedIssuer): boolean => {
  if (typeof found !== 'string') return false;
  const tenant = tenantOf(found, issuer);
  if (tenant === undefined) return found === issuer && !isOfTenants(issuer);
  return tenants.includes('*') || tenants.includes(tenant);
};

/** The accepted issuers that can be named; of any tenant (`*`) none can. */
export const issuersOf = ({ issuer, tenants = [] }: AcceptedIssuer): readonly string[] =>
  isOfTenants(issuer)
    ? tenants.filter((tenant) => tenant !== '*').map((tenant) => issuer.replace(tenantPlace, tenant))
    : [issuer];

/** Requires the accepted issuer in an ID token: with many tenants openid-client has not compared it. */
export const requireIssuer = ({ iss }: JsonObject, accepted: AcceptedIssuer): string => {
  if (typeof iss !== 'string' || !isAcceptedIssuer(iss, accepted))
    throw refusedClaim('iss is another issuer');
  return iss;
};
