import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { onTestFinished } from 'vitest';
import type { BffOptions } from '../../src/options.ts';
import { resolveOptions } from '../../src/options.ts';
import type { CompletedLogin, Provider } from '../../src/provider/provider.ts';
import { createSessions, type Sessions } from '../../src/session/session.ts';
import { createCookieSeal } from '../../src/session/session-cookie.ts';
import { guardStore } from '../../src/session/store-guard.ts';
import type { SessionStore } from '../../src/stores/session-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { createAccessTokens } from '../../src/tokens/access-token.ts';
import { createRequestedToken, isOfPerson, type PersonToken } from '../../src/tokens/requested-token.ts';

/** A step of the provider that a test does not take. */
export const idle = async (): Promise<never> => {
  throw new Error('Not part of this test');
};

/** A provider whose refreshes are made by hand. */
export const standIn = (
  refresh: Provider['refresh'],
  { exchange = idle, clientToken = idle }: Partial<Pick<Provider, 'exchange' | 'clientToken'>> = {},
): Provider => ({
  warmUp: () => undefined,
  issuers: () => [],
  ask: idle,
  isDiscovered: async () => true,
  profileGaps: async () => [],
  redirectUri: () => '',
  endSessionOrigin: () => undefined,
  createAuthorizationRequest: idle,
  completeLogin: idle,
  refresh,
  exchange,
  clientToken,
  readUserinfo: async () => undefined,
  revoke: async () => undefined,
  findEndSession: async () => undefined,
  verifyLogoutToken: idle,
  createDpopProof: idle,
  publicKeys: () => ({ keys: [] }),
  tlsIdentity: () => undefined,
  close: async () => undefined,
});

/** The clock of every instance, and of their stores; it stands still until a test moves it. */
export const clock = { now: Date.now() };
const sessionKeys = [randomBytes(32).toString('base64')];

const login = (refreshToken: string | undefined): CompletedLogin => ({
  provider: 'default',
  clientId: 'client',
  issuer: 'https://issuer.example',
  sub: 'ada',
  sid: 'provider-session',
  claims: { sub: 'ada', iss: 'https://issuer.example', name: ' ', given_name: 'Ada', family_name: 'L' },
  idTokenClaims: { sub: 'ada' },
  tokens: {
    accessToken: 'first',
    accessTokenExpiresAt: clock.now + 60_000,
    refreshToken,
    idToken: 'id-1',
  },
});

/** Which access token a request asks for: `?audience=` one that is refreshed, `?exchange=` one that is exchanged. */
const readRequested = ({ url }: FastifyRequest): PersonToken => {
  const query = new URL(url, 'http://localhost').searchParams;
  const [audience, exchange] = [query.get('audience'), query.get('exchange')];
  const setting =
    audience === null ? (exchange === null ? 'session' : { exchange: { audience: exchange } }) : { audience };
  const requested = createRequestedToken(setting);
  if (!isOfPerson(requested)) throw new Error('not of a person');
  return requested;
};

/** The sessions of one process, behind a few routes. */
export interface Instance {
  readonly app: FastifyInstance;
  readonly sessions: Sessions;
}

/** Starts the sessions of one process over a sqlite file. */
export const startInstance = async (
  file: string,
  provider: Provider,
  change = (store: SessionStore): SessionStore => store,
): Promise<Instance> => {
  const sessionStore = change(openSqliteStore({ file, clock: () => clock.now }));
  const given: BffOptions = {
    issuer: 'https://issuer.example',
    clientId: 'client',
    clientSecret: 'secret',
    publicUrl: 'http://localhost:3000',
    sessionKeys,
    sessionStore,
    clock: () => clock.now,
  };
  const options = resolveOptions(given);
  const app = Fastify();
  const seal = await createCookieSeal(options.sessionKeys);
  const { log } = app;
  const store = guardStore(sessionStore);
  const sessions = createSessions({ options, store, seal, log });
  const accessTokens = createAccessTokens({ store, sessions, log }, [
    { id: options.providerId, options, provider },
  ]);
  app.post('/open', async (request, reply) => {
    const refreshToken = request.url.includes('refreshable=false') ? undefined : 'refresh-1';
    const opened = await sessions.open(request, reply, { login: login(refreshToken), replaces: undefined });
    return opened.id;
  });
  app.get('/current', async (request) => (await sessions.current(request))?.displayName ?? 'anonymous');
  app.get('/id', async (request) => (await sessions.current(request))?.id ?? 'anonymous');
  app.get('/token', async (request) => {
    const session = await sessions.current(request);
    if (session === undefined) return 'anonymous';
    return (await accessTokens.accessToken(session, readRequested(request))).accessToken;
  });
  app.get('/refused', async (request) => {
    const session = await sessions.current(request);
    if (session === undefined) return 'anonymous';
    return (await accessTokens.refreshAccessToken(session, readRequested(request)))?.accessToken ?? 'none';
  });
  app.get(
    '/client',
    async () => (await accessTokens.find(undefined, createRequestedToken('client')))?.accessToken,
  );
  app.post('/close', async (request, reply) => {
    await sessions.close(request, reply, 'logout');
    return 'closed';
  });
  onTestFinished(async () => {
    await sessions.stop();
    await app.close();
    await sessionStore.close();
  });
  return { app, sessions };
};

/** A session file that is gone when the test is finished. */
export const makeFile = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'foyer-sessions-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'sessions.db');
};

/** Opens a session; returns its cookie. `/open?refreshable=false` opens one without a refresh token. */
export const signIn = async ({ app }: Instance, url = '/open'): Promise<string> => {
  const { headers } = await app.inject({ method: 'POST', url });
  return String(headers['set-cookie']).split(';')[0] ?? '';
};

/** The body of an answer to the holder of a cookie. */
export const get = async ({ app }: Instance, url: string, cookie: string): Promise<string> =>
  (await app.inject({ url, headers: { cookie } })).body;
