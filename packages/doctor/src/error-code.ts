/** The code of a system error, such as `ECONNREFUSED`; `undefined` for any other error. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The OAuth code by which the provider refused; `undefined` for any other error. @see RFC 6749 section 5.2 */
export const oauthErrorOf = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('error' in cause && typeof cause.error === 'string') return cause.error;
  return undefined;
};
