import { Problem } from '../../problems.ts';

const refuse = (reason: string): Problem => new Problem('provider_invalid_response', reason);

/**
 * Requires a token of the asked type that a header can carry: a Bearer token in place of a bound one could be used by
 * anyone who finds it.
 *
 * @see RFC 6749 sections 7.1 and A.12; RFC 9449 section 5
 */
export const requireTokenType = (
  { token_type, access_token }: { readonly token_type: unknown; readonly access_token: unknown },
  expected: 'Bearer' | 'DPoP',
): void => {
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== expected.toLowerCase())
    throw refuse(`token_type is not ${expected}`);
  if (typeof access_token !== 'string' || !/^[\x20-\x7e]+$/.test(access_token))
    throw refuse('there is no access token, or it holds odd characters');
};
