import { pageStyleHash } from '../pages/page.ts';
import { type PrintPolicy, parseDirectives, printWithFormAction } from './policy-directives.ts';

/** For everything but the SPA's pages: JSON, and pages of our own with their one style. */
const strict = parseDirectives(
  `default-src 'self'; script-src 'self'; style-src 'self' '${pageStyleHash}'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'`,
);

/** Makes the policy of our own answers. @see page-policy.ts for the pages of the SPA */
export const createAnswerPolicy = (): PrintPolicy => printWithFormAction(strict);
