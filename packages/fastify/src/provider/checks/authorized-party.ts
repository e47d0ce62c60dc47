import { refusedClaim } from './refused-claim.ts';

/**
 * Requires that `azp` is this client wherever it is present; openid-client looks at it with several audiences alone.
 *
 * @see OpenID Connect Core section 3.1.3.7
 */
export const requireAuthorizedParty = (
  { azp }: Readonly<Record<string, unknown>>,
  clientId: string,
): void => {
  const isAbsent = azp === undefined || azp === null || azp === '';
  if (!isAbsent && azp !== clientId) throw refusedClaim('azp is another client');
};
