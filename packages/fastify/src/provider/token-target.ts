/**
 * What an access token is asked for, beside what the session's own token is for.
 *
 * @see RFC 8707 section 2.2; RFC 8693 section 2.1
 */
export interface TokenTarget {
  /** Name of the API at the provider. */
  readonly audience?: string | undefined;
  /** URL of the API. */
  readonly resource?: string | undefined;
  /** Scopes, separated by spaces. */
  readonly scope?: string | undefined;
  /** Kind of token that an exchange has to bring: a URN. */
  readonly requestedTokenType?: string | undefined;
}

/** The parameters of a token request for a target, in wire spelling. */
export const targetParameters = ({
  audience,
  resource,
  scope,
  requestedTokenType,
}: TokenTarget): Record<string, string> => ({
  ...(audience !== undefined && { audience }),
  ...(resource !== undefined && { resource }),
  ...(scope !== undefined && { scope }),
  ...(requestedTokenType !== undefined && { requested_token_type: requestedTokenType }),
});

/** A target as the log names it. */
export const describeTarget = (target: TokenTarget): string =>
  Object.entries(targetParameters(target))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'no particular audience';
