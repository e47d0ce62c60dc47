import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { ask, oauthErrorOf, tryProvider } from './try-provider.ts';

/** Errors of a provider that would show a page, which `prompt=none` forbids: the request itself was accepted. */
const needsInteraction = /^(login|interaction|consent|account_selection)_required$/;

/** Errors that mean that the provider will refuse every such request. */
const isFinal = /^(invalid_scope|unauthorized_client|unsupported_response_type|invalid_target)$/;

const judgeReturn = (callback: string, error: string | null): Finding => {
  if (error === null || needsInteraction.test(error)) return ofProvider('ok', `leads back to ${callback}`);
  const reason = /^\w{1,64}$/.test(error) ? error : 'an error';
  const text = `leads back to ${callback} with ${reason}. Check OIDC_SCOPE, OIDC_AUTHORIZATION_PARAMS and what the client may do`;
  return isFinal.test(error)
    ? ofProvider('bad', `${text}.`)
    : ofProvider('note', `${text}, if sign-in fails too.`);
};

const isAt = (location: string, address: string): boolean =>
  URL.canParse(location) && `${new URL(location).origin}${new URL(location).pathname}` === address;

const refused = (callback: string, answer: number | string): Finding =>
  ofProvider(
    'bad',
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
    return ofProvider(
      'note',
      `shows a page of its own, so the doctor cannot see whether ${callback} is registered.`,
    );
  });
