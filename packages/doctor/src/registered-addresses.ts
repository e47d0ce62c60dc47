import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '@foyer/fastify';
import { bad, type Finding, note, ok } from './finding.ts';
import { ask, oauthErrorOf, tryProvider } from './try-provider.ts';

/** Errors of a provider that would show a page, which `prompt=none` forbids: the request itself was accepted. */
const needsInteraction = /^(login|interaction|consent|account_selection)_required$/;

/** Errors that mean that the provider will refuse every such request. */
const isFinal = /^(invalid_scope|unauthorized_client|unsupported_response_type|invalid_target)$/;

const judgeReturn = (callback: string, error: string | null): Finding => {
  if (error === null || needsInteraction.test(error)) return ok(`leads back to ${callback}`);
  const reason = /^\w{1,64}$/.test(error) ? error : 'an error';
  const text = `leads back to ${callback} with ${reason}. Check OIDC_SCOPE, OIDC_AUTHORIZATION_PARAMS and what the client may do`;
  return isFinal.test(error) ? bad(`${text}.`) : note(`${text}, if sign-in fails too.`);
};

const isAt = (location: string, address: string): boolean =>
  URL.canParse(location) && `${new URL(location).origin}${new URL(location).pathname}` === address;

const refused = (callback: string, answer: number | string): Finding =>
  bad(
    `answers an authorization request with ${answer}. Register ${callback} as redirect URI, and check OIDC_CLIENT_ID and OIDC_SCOPE.`,
  );

/** The error by which a pushed request is refused; what is about the client alone is not about the redirect URI. */
const refusalOfPush = (error: unknown): string => {
  const code = oauthErrorOf(error);
  if (code === undefined || code === 'invalid_client') throw error;
  return code;
};

/** Sends an authorization request with `prompt=none`, and checks that the provider redirects back to the callback. */
export const examineRedirectUri = (options: ResolvedOptions): Promise<Finding> =>
  tryProvider(options, async (provider) => {
    const request = await provider.createAuthorizationRequest({ prompt: 'none' }).catch(refusalOfPush);
    const callback = provider.redirectUri();
    if (typeof request === 'string') return refused(callback, request);
    const { status, header } = await ask(request.url, options);
    const location = header('location') ?? '';
    if (isAt(location, callback)) return judgeReturn(callback, new URL(location).searchParams.get('error'));
    if (status >= 400) return refused(callback, status);
    return note(`shows a page of its own, so the doctor cannot see whether ${callback} is registered.`);
  });

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
const judgeRefusedReturn = async (
  url: string,
  { options, status, returnTo }: { options: ResolvedOptions; status: number; returnTo: string },
): Promise<Finding> => {
  const isForAddress = options.logoutUrl !== undefined || (await statusOf(withoutReturn(url), options)) < 400;
  const text = `answers a sign-out request with ${status}`;
  return isForAddress
    ? bad(`${text}. Register ${returnTo} as post-logout redirect URI.`)
    : note(
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
    return note('has no end-session endpoint: signing out ends the session here only. See OIDC_LOGOUT_URL.');
  const status = await statusOf(url, options);
  if (status >= 400) return judgeRefusedReturn(url, { options, status, returnTo });
  const control = await findEndSession({ ...options, publicUrl: unregisteredOrigin });
  return (await statusOf(control, options)) >= 400
    ? ok(`ends its own session, and knows ${returnTo} as post-logout redirect URI`)
    : note(
        `ends its own session, and accepts any address to return to or checks it later: register ${returnTo} as post-logout redirect URI.`,
      );
};
