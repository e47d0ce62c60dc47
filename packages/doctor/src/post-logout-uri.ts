import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { ask, tryProvider } from './try-provider.ts';

/** An origin that no client can have registered. @see RFC 2606 section 2 */
const unregisteredOrigin = 'https://not-registered.invalid';

/** The authorization request is made for its discovery alone; one that is pushed may be refused. */
const findEndSession = (options: ResolvedOptions): Promise<string | undefined> =>
  tryProvider(options, async (provider) => {
    await provider.createAuthorizationRequest({}).catch(async (error: unknown) => {
      if (!(await provider.isDiscovered())) throw error;
    });
    return provider.findEndSession(undefined);
  });

const statusOf = async (url: string | undefined, options: ResolvedOptions): Promise<number> =>
  url === undefined ? 0 : (await ask(url, options)).status;

const withoutReturn = (url: string): string => {
  const bare = new URL(url);
  bare.searchParams.delete('post_logout_redirect_uri');
  return bare.href;
};

/** Finds out whether the provider refused because of the address: repeats the request without one. */
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
        `${text} without an ID token, so the doctor cannot see whether ${returnTo} is registered as post-logout redirect URI.`,
      );
};

/**
 * Sends a sign-out request as a browser without a session at the provider, and another one with an address that is not
 * registered: acceptance proves the registration only if the provider refuses the other address.
 */
export const examinePostLogoutUri = async (options: ResolvedOptions): Promise<Finding> => {
  const returnTo = `${options.publicUrl}${paths.logout}`;
  const url = await findEndSession(options);
  if (url === undefined)
    return ofProvider(
      'note',
      'has no end-session endpoint: signing out ends the session here only. See OIDC_LOGOUT_URL.',
    );
  const status = await statusOf(url, options);
  if (status >= 400) return judgeRefusal(url, { options, status, returnTo });
  const control = await findEndSession({ ...options, publicUrl: unregisteredOrigin });
  return (await statusOf(control, options)) >= 400
    ? ofProvider('ok', `ends its own session, and knows ${returnTo} as post-logout redirect URI`)
    : ofProvider(
        'note',
        `ends its own session, and accepts any address to return to or checks it later: register ${returnTo} as post-logout redirect URI.`,
      );
};
