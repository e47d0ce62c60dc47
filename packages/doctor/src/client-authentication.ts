import { randomUUID } from 'node:crypto';
import { type ClientAuth, Problem, type ResolvedOptions } from '@foyer/fastify';
import { type Finding, ofProvider } from './finding.ts';
import { tryProvider } from './try-provider.ts';

/** What became of a code that nobody was given: a provider that knows the client says that the code is no good. */
type Outcome = 'accepted' | 'refused' | 'not allowed' | 'took the code' | 'unknown';

const oauthErrorOf = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('error' in cause && typeof cause.error === 'string') return cause.error;
  return undefined;
};

const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof Problem && error.code === 'login_expired') return 'accepted';
  const code = oauthErrorOf(error);
  if (code === 'invalid_client') return 'refused';
  return code === 'unauthorized_client' ? 'not allowed' : 'unknown';
};

const tryClient = (options: ResolvedOptions, issuer: string): Promise<Outcome> =>
  tryProvider(options, async (provider, log) => {
    const { checks } = await provider.createAuthorizationRequest({});
    const parameters = new URLSearchParams({ code: 'doctor', state: checks.state, iss: issuer });
    return provider.completeLogin(parameters, checks, log).then((): Outcome => 'took the code', outcomeOf);
  });

const other = (method: ClientAuth): ClientAuth =>
  method === 'client_secret_basic' ? 'client_secret_post' : 'client_secret_basic';

const listed = (methods: unknown): ClientAuth =>
  Array.isArray(methods) && methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
    ? 'client_secret_post'
    : 'client_secret_basic';

const describeSource = (options: ResolvedOptions, methods: unknown, method: ClientAuth): string => {
  if (options.clientAuth !== undefined) return 'OIDC_CLIENT_AUTH';
  return Array.isArray(methods) && methods.includes(method) ? 'its metadata list it' : 'the default';
};

/** The method that was tried fails: the other one may do. */
const judgeRefusal = async (
  options: ResolvedOptions,
  method: ClientAuth,
  issuer: string,
): Promise<Finding> => {
  const instead = other(method);
  if ((await tryClient({ ...options, clientAuth: instead }, issuer)) !== 'accepted')
    return ofProvider(
      'bad',
      'refuses the client. Check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET; both client_secret_basic and client_secret_post were tried.',
    );
  const text = `refuses ${method} and accepts ${instead}. Set OIDC_CLIENT_AUTH=${instead}`;
  return options.clientAuth === undefined
    ? ofProvider('note', `${text}, or each start begins with a refusal.`)
    : ofProvider('bad', `${text}.`);
};

/** A right secret means something only where a wrong one is refused. */
const judgeAcceptance = async (
  options: ResolvedOptions,
  tried: { readonly method: ClientAuth; readonly source: string },
  issuer: string,
): Promise<Finding> => {
  const wrong = { ...options, clientAuth: tried.method, clientSecret: randomUUID() };
  if ((await tryClient(wrong, issuer)) === 'accepted')
    return ofProvider(
      'note',
      `does not look at the secret before the code (${tried.method}): whether it is right shows when somebody signs in.`,
    );
  return ofProvider('ok', `accepts the client’s credentials by ${tried.method} (${tried.source})`);
};

/**
 * Tries the client's credentials with a code that was never given, a wrong secret beside the right one. No secret is told.
 * `methods` are those of the metadata.
 */
export const examineClientAuthentication = async (
  options: ResolvedOptions,
  { issuer, methods }: { readonly issuer: string; readonly methods: unknown },
): Promise<Finding> => {
  const method = options.clientAuth ?? listed(methods);
  const outcome = await tryClient({ ...options, clientAuth: method }, issuer);
  if (outcome === 'refused') return judgeRefusal(options, method, issuer);
  if (outcome === 'accepted')
    return judgeAcceptance(options, { method, source: describeSource(options, methods, method) }, issuer);
  if (outcome === 'not allowed')
    return ofProvider('bad', 'knows the client and forbids it the authorization code grant. Allow it there.');
  return outcome === 'took the code'
    ? ofProvider('bad', 'accepts a code that it never gave. Do not use this provider.')
    : ofProvider('note', 'does not say whether it accepts the client’s credentials: sign in once to see.');
};
