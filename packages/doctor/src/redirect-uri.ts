import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { ask, tryProvider } from './try-provider.ts';

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

/** Sends an authorization request with `prompt=none`, and checks that the provider redirects back to the callback. */
export const examineRedirectUri = (options: ResolvedOptions): Promise<Finding> =>
  tryProvider(options, async (provider) => {
    const { url } = await provider.createAuthorizationRequest({ prompt: 'none' });
    const { status, header } = await ask(url, options);
    const location = header('location') ?? '';
    const callback = `${options.publicUrl}${paths.callback}`;
    if (isAt(location, callback)) return judgeReturn(callback, new URL(location).searchParams.get('error'));
    if (status >= 400)
      return ofProvider(
        'bad',
        `answers an authorization request with ${status}. Register ${callback} as redirect URI, and check OIDC_CLIENT_ID and OIDC_SCOPE.`,
      );
    return ofProvider(
      'note',
      `shows a page of its own, so the doctor cannot see whether ${callback} is registered.`,
    );
  });
