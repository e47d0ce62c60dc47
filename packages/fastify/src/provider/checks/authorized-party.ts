import { isAbsent, type JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/**
 * Requires that `azp` is this client wherever it is present; openid-client looks at it with several audiences alone.
 *
 * @see OpenID Connect Core section 3.1.3.7
 */
export const requireAuthorizedParty = ({ azp }: JsonObject, clientId: string): void => {
  if (!isAbsent(azp) && azp !== clientId) throw refusedClaim('azp is another client');
};
