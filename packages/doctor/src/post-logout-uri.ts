import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { askOnce, tryProvider } from './try-provider.ts';

/** An origin that nobody can have registered. @see RFC 2606 section 2 */
const nobodys = 'https://not-registered.invalid';

const findEndSession = (options: ResolvedOptions): Promise<string | undefined> =>
  tryProvider(options, async (provider) => {
    await provider.createAuthorizationRequest({});
    return provider.findEndSession(undefined);
  });

const statusOf = async (url: string | undefined, options: ResolvedOptions): Promise<number> =>
  url === undefined ? 0 : (await askOnce(url, options)).status;

const withoutReturn = (url: string): string => {
  const bare = new URL(url);
  bare.searchParams.delete('post_logout_redirect_uri');
  return bare.href;
};

/** Whether a refusal is for the address: without one, and without an ID token still, the provider would go along. */
const judgeRefusal = async (
  url: string,
  { options, status, returnTo }: { options: ResolvedOptions; status: number; returnTo: string },
): Promise<Finding> => {
  const isForAddress = options.logoutUrl !== undefined || (await statusOf(withoutReturn(url), options)) < 400;
  const text = `answers a sign-out request with ${status}`;
  return isForAddress
    ? ofProvider('bad', `${text}. Register ${returnTo} as post-logout redirect URI.`)
    : ofProvider(
        'note',
        `${text} as long as it carries no ID token: that ${returnTo} is registered as post-logout redirect URI could not be seen.`,
      );
};

/**
 * Asks the provider's end-session endpoint as a browser would that has no session there, and once with an address that is
 * not registered: an answer means something only where that one is refused.
 */
export const examinePostLogoutUri = async (options: ResolvedOptions): Promise<Finding> => {
  const returnTo = `${new URL(options.publicUrl).origin}${paths.logout}`;
  const url = await findEndSession(options);
  if (url === undefined)
    return ofProvider(
      'note',
      'has no end-session endpoint: signing out ends the session here only. See OIDC_LOGOUT_URL.',
    );
  const status = await statusOf(url, options);
  if (status >= 400) return judgeRefusal(url, { options, status, returnTo });
  const control = await findEndSession({ ...options, publicUrl: nobodys });
  return (await statusOf(control, options)) >= 400
    ? ofProvider('ok', `ends its own session, and knows ${returnTo} as post-logout redirect URI`)
    : ofProvider(
        'note',
        `ends its own session and takes any address to return to, or looks at it later: register ${returnTo} as post-logout redirect URI.`,
      );
};
