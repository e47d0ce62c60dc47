import { paths } from '@foyer/contract';
import type { FastifyRequest } from 'fastify';
import { printPage } from '../edge/page.ts';
import type { LoginHints } from '../provider/provider.ts';
import type { Query } from './login-hints.ts';
import type { ReturnTo } from './return-to.ts';

const mark = 'continued';

/**
 * Whether another site led to `/login`: then the Strict session cookie stays away, and a session that the login
 * replaces, or that makes it needless, would not be seen. A second look from our own page has the cookie.
 *
 * @see RFC 6265bis section 5.2
 */
export const needsSecondLook = ({ headers }: FastifyRequest, query: Query): boolean =>
  headers['sec-fetch-site'] === 'cross-site' &&
  headers['sec-fetch-mode'] === 'navigate' &&
  !query.parameters.has(mark);

/** The page that comes back at once; of the request it repeats what was found well-formed, and nothing else. */
export const printSecondLook = (request: FastifyRequest, returnTo: ReturnTo, hints: LoginHints): string => {
  const texts = Object.entries(hints).map(([name, value]): [string, string] => [name, String(value)]);
  const query = new URLSearchParams([['returnTo', returnTo], ...texts, [mark, '1']]);
  const continueAt = `${paths.login}?${query}`.replaceAll('&', '&amp;');
  return printPage({
    title: 'One moment',
    body: `<p>Taking you to sign in.</p><nav><a class="first" href="${continueAt}">Continue</a><a href="/">Home</a></nav>`,
    requestId: request.id,
    continueAt,
  });
};
