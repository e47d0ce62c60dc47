import type { Claims } from '../provider/provider.ts';

const text = (claims: Claims, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' ? value.trim() : '';
};

const others = ['preferred_username', 'username', 'nickname', 'email', 'phone_number', 'sub'];

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
  for (const other of others) {
    const candidate = text(claims, other);
    if (candidate !== '') return candidate;
  }
  return '';
};
