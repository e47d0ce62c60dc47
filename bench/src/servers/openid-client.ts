import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import * as client from 'openid-client';
import { listen, readSettings } from './listen.ts';

interface PendingLogin {
  readonly pkceCodeVerifier: string;
  readonly expectedState: string;
  readonly expectedNonce: string;
}

const settings = readSettings();
const app = Fastify();
await app.register(cookie);
const config = await client.discovery(
  new URL(settings.issuer),
  settings.clientId,
  { client_secret: settings.clientSecret },
  client.ClientSecretBasic(settings.clientSecret),
  { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
);
const pending = new Map<string, PendingLogin>();
const sessions = new Map<string, unknown>();

const setCookie = (reply: FastifyReply, name: string): string => {
  const id = randomUUID();
  reply.setCookie(name, id, { path: '/', httpOnly: true, sameSite: 'lax' });
  return id;
};

const takePending = (request: FastifyRequest): PendingLogin => {
  const id = request.cookies.login ?? '';
  const login = pending.get(id);
  pending.delete(id);
  if (login === undefined) throw new Error('This browser has no pending login');
  return login;
};

app.get('/login', async (_request, reply) => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  pending.set(setCookie(reply, 'login'), { pkceCodeVerifier, expectedState, expectedNonce });
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${settings.url}/login/callback`,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  return reply.redirect(url.href);
});
app.get('/login/callback', async (request, reply) => {
  const login = takePending(request);
  const tokens = await client.authorizationCodeGrant(config, new URL(request.url, settings.url), {
    ...login,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('There is no ID token');
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  sessions.set(setCookie(reply, 'session'), { authenticated: true, user: { ...claims, ...user } });
  return reply.redirect('/api/me');
});
app.get(
  '/api/me',
  async (request) => sessions.get(request.cookies.session ?? '') ?? { authenticated: false },
);
await listen(app, settings);
