import type { JsonObject } from '../json-object.ts';
import { refusedClaim } from './refused-claim.ts';

/** Refuses a token that is issued in the future; `latestSeconds` is now and the clock tolerance. */
export const requireIssuedBefore = ({ iat }: JsonObject, latestSeconds: number): void => {
  if (typeof iat !== 'number' || iat > latestSeconds) throw refusedClaim('iat is missing or in the future');
};
