import { parseObject } from './provider-errors.ts';

/** Optional claims of which `null` and empty text are absence; of what binds a token to a login they are not. */
const optional = ['azp', 'nbf', 'auth_time'] as const;

const isEmpty = (value: unknown): boolean => value === null || value === '';

/**
 * The ID token as openid-client shall judge its claims: without optional ones that are empty. The signature is
 * verified over the token as it came.
 */
export const withoutEmptyClaims = (idToken: string): string => {
  const [header, payload, ...rest] = idToken.split('.');
  const claims =
    payload === undefined ? undefined : parseObject(Buffer.from(payload, 'base64url').toString());
  if (claims === undefined || !optional.some((name) => isEmpty(claims[name]))) return idToken;
  const present = { ...claims };
  for (const name of optional) if (isEmpty(present[name])) delete present[name];
  const printed = Buffer.from(JSON.stringify(present)).toString('base64url');
  return [header, printed, ...rest].join('.');
};
