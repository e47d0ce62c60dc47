import { Problem } from '../../problems.ts';

const refuse = (reason: string): Problem => new Problem('provider_invalid_response', reason);

/** Requires a Bearer token that a header can carry. @see RFC 6749 sections 7.1 and A.12 */
export const requireBearer = ({
  token_type,
  access_token,
}: {
  readonly token_type: unknown;
  readonly access_token: unknown;
}): string => {
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    throw refuse('token_type is not Bearer');
  if (typeof access_token !== 'string' || !/^[\x20-\x7e]+$/.test(access_token))
    throw refuse('there is no access token, or it holds odd characters');
  return access_token;
};
