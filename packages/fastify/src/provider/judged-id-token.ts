import { type AcceptedIssuer, isAcceptedIssuer, tenantOf } from './checks/issuer.ts';
import { parseObject } from './provider-errors.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Optional claims of which `null` and empty text are absence; of what binds a token to a login they are not. */
const optional = ['azp', 'nbf', 'auth_time'];

const isEmpty = (value: unknown): boolean => value === null || value === '';

/** An issuer of an accepted tenant, which the token names a second time, is that of the metadata. */
const judgedIssuer = ({ iss, tid }: Claims, accepted: AcceptedIssuer): unknown => {
  const tenant = typeof iss === 'string' ? tenantOf(iss, accepted.issuer) : undefined;
  return tenant !== undefined && tenant === tid && isAcceptedIssuer(iss, accepted) ? accepted.issuer : iss;
};

/**
 * The ID token as openid-client shall judge its claims: without optional ones that are empty, and with the issuer of the
 * metadata in place of an accepted tenant's. The signature is verified over the token as it came.
 */
export const judgedIdToken = (idToken: string, accepted: AcceptedIssuer): string => {
  const [header, payload, ...rest] = idToken.split('.');
  const claims =
    payload === undefined ? undefined : parseObject(Buffer.from(payload, 'base64url').toString());
  if (claims === undefined) return idToken;
  const present = Object.entries(claims).filter(
    ([name, value]) => !optional.includes(name) || !isEmpty(value),
  );
  const judged = { ...Object.fromEntries(present), iss: judgedIssuer(claims, accepted) };
  if (present.length === Object.keys(claims).length && judged.iss === claims.iss) return idToken;
  return [header, Buffer.from(JSON.stringify(judged)).toString('base64url'), ...rest].join('.');
};
