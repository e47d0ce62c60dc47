import { isAbsent, type JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/**
 * Refuses a limit of the session that is no time, or has passed: a session without its limit would be too long.
 *
 * @throws Problem `provider_invalid_response`.
 * @see IPSIE SL1, session_expiry
 */
export const requireSessionExpiry = ({ session_expiry: expiry }: JsonObject, nowSeconds: number): void => {
  if (isAbsent(expiry)) return;
  if (typeof expiry !== 'number' || !Number.isFinite(expiry)) throw refusedClaim('session_expiry is no time');
  if (expiry <= nowSeconds) throw refusedClaim('session_expiry has passed');
};
