import { type PrintPolicy, parseDirectives, printWithFormAction } from './policy-directives.ts';

/**
 * Makes the policy of our own answers: JSON, and pages of our own with one style, of this hash.
 *
 * @see page-policy.ts for the pages of the SPA
 */
export const createAnswerPolicy = (styleHash: string): PrintPolicy =>
  printWithFormAction(
    parseDirectives(
      `default-src 'self'; script-src 'self'; style-src 'self' '${styleHash}'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'`,
    ),
  );
