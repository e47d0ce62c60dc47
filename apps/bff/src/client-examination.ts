import { createProvider, openSessionStore, Problem, resolveOptions } from '@foyer/fastify';
import Fastify from 'fastify';
import type { Settings } from './environment.ts';
import type { Finding } from './examination.ts';

const provider = (verdict: Finding['verdict'], text: string): Finding => ({
  verdict,
  subject: 'provider',
  text,
});

/** Asks for an authorization that needs nobody, and looks whether the provider leads back to us. */
const examineRedirect = async (url: string, publicUrl: string, timeout: number): Promise<Finding> => {
  const asked = new URL(url);
  asked.searchParams.set('prompt', 'none');
  const answer = await fetch(asked, { redirect: 'manual', signal: AbortSignal.timeout(timeout * 1000) });
  await answer.body?.cancel();
  const location = answer.headers.get('location') ?? '';
  const callback = `${publicUrl}/login/callback`;
  if (location.startsWith(callback)) return provider('ok', `leads back to ${callback}`);
  if (answer.status >= 400)
    return provider(
      'bad',
      `answers an authorization request with ${answer.status}. Register ${callback} as redirect URI, and check OIDC_CLIENT_ID and OIDC_SCOPE.`,
    );
  return provider('note', `shows a page of its own; that ${callback} is registered could not be seen.`);
};

/** Sends a code that nobody was given: a provider that knows the client says that the code is no good. */
const judgeCredentials = (error: unknown): Finding => {
  const code = error instanceof Problem ? error.code : 'internal_error';
  if (code === 'login_expired') return provider('ok', 'accepts the client’s credentials');
  if (code === 'provider_error')
    return provider(
      'bad',
      'refuses the client. Check OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and, where it insists on one method, OIDC_CLIENT_AUTH.',
    );
  return provider('note', `does not say whether it accepts the client’s credentials (${code}).`);
};

/**
 * Tries the client at the provider without signing anybody in: one authorization request, and one token request with
 * a code that was never given. Nothing is logged, and no secret is told.
 */
export const examineClient = async (
  given: Settings['options'],
  issuer: string,
): Promise<readonly Finding[]> => {
  const { log } = Fastify({ logger: false });
  const sessionStore = await openSessionStore('memory:');
  const options = resolveOptions({ ...given, sessionStore });
  const room = createProvider(options, log);
  try {
    const { url, checks } = await room.createAuthorizationRequest({});
    const parameters = new URLSearchParams({ code: 'doctor', state: checks.state, iss: issuer });
    const credentials = await room
      .completeLogin(parameters, checks, log)
      .then(
        () => provider('bad', 'accepts a code that it never gave. Do not use this provider.'),
        judgeCredentials,
      );
    return [await examineRedirect(url, options.publicUrl, options.providerTimeout), credentials];
  } finally {
    await room.close();
    await sessionStore.close();
  }
};
