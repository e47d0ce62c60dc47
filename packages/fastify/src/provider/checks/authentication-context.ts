import type { JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/**
 * Requires the authentication that `acr_values` asked for: the provider may answer with a weaker one.
 *
 * @throws Problem `provider_invalid_response`.
 * @see OpenID Connect Core section 3.1.2.1
 */
export const requireAcr = ({ acr }: JsonObject, acrValues: readonly string[] | undefined): void => {
  if (acrValues === undefined || (typeof acr === 'string' && acrValues.includes(acr))) return;
  throw refusedClaim(
    'acr is none of the acr_values that were asked for, see OIDC_AUTHORIZATION_PARAMS and require of API_ROUTES',
  );
};
