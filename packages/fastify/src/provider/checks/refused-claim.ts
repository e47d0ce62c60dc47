import { Problem } from '../../problems.ts';

/** The problem of an ID token of which one claim or header is not acceptable. */
export const refusedClaim = (reason: string): Problem =>
  new Problem('provider_invalid_response', `ID token: ${reason}`);
