import type { Claims } from '../provider/provider.ts';

const text = (claims: Claims, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' ? value.trim() : '';
};

/**
 * What to call this person: the first claim that is not blank, `sub` at last.
 *
 * @see OpenID Connect Core section 5.1
 */
export const createDisplayName = (claims: Claims): string => {
  const givenAndFamily = `${text(claims, 'given_name')} ${text(claims, 'family_name')}`.trim();
  const others = ['preferred_username', 'username', 'nickname', 'email', 'phone_number', 'sub'];
  const candidates = [text(claims, 'name'), givenAndFamily, ...others.map((name) => text(claims, name))];
  return candidates.find((candidate) => candidate !== '') ?? '';
};
