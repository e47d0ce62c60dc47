import type { User } from '@foyer/contract';
import type { Claims } from '../provider/provider.ts';

const withheld: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'nonce',
  'azp',
  'sid',
  'jti',
  'at_hash',
  'c_hash',
  's_hash',
  'auth_time',
  'acr',
  'amr',
  'access_token',
  'refresh_token',
  'id_token',
  // Whoever copies it member by member sets the prototype of the copy.
  '__proto__',
]);

/** The claims that the browser may see: without protocol claims, and never one named like a token. */
export const createUser = (sub: string, claims: Claims): User => {
  const user: Record<string, unknown> = {};
  for (const name of Object.keys(claims)) if (!withheld.has(name)) user[name] = claims[name];
  return { ...user, sub };
};

const text = (claims: Claims, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' ? value.trim() : '';
};

const otherNames = ['preferred_username', 'username', 'nickname', 'email', 'phone_number', 'sub'];

/**
 * What to call this person: the first claim that is not blank, `sub` at last.
 *
 * @see OpenID Connect Core section 5.1
 */
export const createDisplayName = (claims: Claims): string => {
  const name = text(claims, 'name');
  if (name !== '') return name;
  const givenAndFamily = `${text(claims, 'given_name')} ${text(claims, 'family_name')}`.trim();
  if (givenAndFamily !== '') return givenAndFamily;
  for (const other of otherNames) {
    const candidate = text(claims, other);
    if (candidate !== '') return candidate;
  }
  return '';
};
