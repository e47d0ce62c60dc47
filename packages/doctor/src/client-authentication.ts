import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { paths } from '@foyer/contract';
import { type ClientAuth, Problem, type ResolvedOptions } from '@foyer/fastify';
import { firstMethod } from '@foyer/fastify/provider';
import { bad, type Finding, note, ok } from './finding.ts';
import { oauthErrorOf, tryProvider } from './try-provider.ts';

/**
 * How the provider answered a code that it never issued. A provider that accepts the client's credentials refuses only the
 * code.
 */
type Outcome = 'accepted' | 'refused' | 'not allowed' | 'redeemed the code' | 'unknown';

const outcomeOf = (error: unknown): Outcome => {
  if (error instanceof Problem && error.code === 'login_expired') return 'accepted';
  const code = oauthErrorOf(error);
  if (code === 'invalid_client') return 'refused';
  return code === 'unauthorized_client' ? 'not allowed' : 'unknown';
};

/** A request that is pushed proves the client's identity already, and may be refused for that. */
const outcomeOfPush = (error: unknown): Outcome => {
  if (oauthErrorOf(error) === undefined) throw error;
  return outcomeOf(error);
};

const tryClient = (options: ResolvedOptions, issuer: string): Promise<Outcome> =>
  tryProvider(options, async (provider, log) => {
    const request = await provider.createAuthorizationRequest({}).catch(outcomeOfPush);
    if (typeof request === 'string') return request;
    const { checks } = request;
    const parameters = new URLSearchParams({ code: 'doctor', state: checks.state, iss: issuer });
    return provider
      .completeLogin({ parameters, checks }, log)
      .then((): Outcome => 'redeemed the code', outcomeOf);
  });

/** Only the two secret methods can be tried in place of each other. */
const alternatives: Readonly<Partial<Record<ClientAuth, ClientAuth>>> = {
  client_secret_basic: 'client_secret_post',
  client_secret_post: 'client_secret_basic',
};

/** Tries the other method after the first one was refused. */
const judgeRefusal = async (
  options: ResolvedOptions,
  method: ClientAuth,
  issuer: string,
): Promise<Finding> => {
  const alternative = alternatives[method];
  if (alternative === undefined)
    return bad(
      `refuses the client by ${method}. Check OIDC_CLIENT_ID, and that the provider has read ${options.publicUrl}${paths.clientKeys} or knows the certificate.`,
    );
  if ((await tryClient({ ...options, clientAuth: alternative }, issuer)) !== 'accepted')
    return bad(
      'refuses the client. Check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET; both client_secret_basic and client_secret_post were tried.',
    );
  const text = `refuses ${method} and accepts ${alternative}. Set OIDC_CLIENT_AUTH=${alternative}`;
  return options.clientAuth === undefined
    ? note(`${text} to save a refused request at each start.`)
    : bad(`${text}.`);
};

/** Credentials that no client has; `undefined` for a certificate, since none can be made up. */
const createWrongCredentials = (method: ClientAuth): Partial<ResolvedOptions> | undefined => {
  if (alternatives[method] !== undefined) return { clientSecret: randomUUID() };
  if (method !== 'private_key_jwt') return undefined;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { clientKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), clientCert: undefined };
};

/** Repeats the request with wrong credentials: the accepted ones prove nothing unless the wrong ones are refused. */
const judgeAcceptance = async (
  options: ResolvedOptions,
  { method, source }: { readonly method: ClientAuth; readonly source: string },
  issuer: string,
): Promise<Finding> => {
  const wrong = createWrongCredentials(method);
  const isBlind =
    wrong !== undefined &&
    (await tryClient({ ...options, clientAuth: method, ...wrong }, issuer)) === 'accepted';
  return isBlind
    ? note(
        `does not check the secret or key before the code (${method}): sign in once to see whether it is right.`,
      )
    : ok(`accepts the client’s credentials by ${method} (${source})`);
};

/**
 * Sends the client's credentials with a code that the provider never issued, then wrong ones with the same. No secret is
 * printed. `methods` are those of the provider's metadata.
 */
export const examineClientAuthentication = async (
  options: ResolvedOptions,
  { issuer, methods }: { readonly issuer: string; readonly methods: unknown },
): Promise<Finding> => {
  const listed = Array.isArray(methods) ? methods.filter((each) => typeof each === 'string') : [];
  const method = firstMethod(options, listed);
  const known = listed.includes(method) ? 'listed in its metadata' : 'the default';
  const source = options.clientAuth === undefined ? known : 'OIDC_CLIENT_AUTH';
  switch (await tryClient({ ...options, clientAuth: method }, issuer)) {
    case 'refused':
      return judgeRefusal(options, method, issuer);
    case 'accepted':
      return judgeAcceptance(options, { method, source }, issuer);
    case 'not allowed':
      return bad(
        'knows the client but does not allow it the authorization code grant. Allow the grant at the provider.',
      );
    case 'redeemed the code':
      return bad('accepts a code that it never issued. Do not use this provider.');
    case 'unknown':
      return note('does not show whether it accepts the client’s credentials: sign in once to see.');
  }
};
