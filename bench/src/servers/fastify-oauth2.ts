import cookie from '@fastify/cookie';
import oauth2, { type OAuth2Namespace } from '@fastify/oauth2';
import session from '@fastify/session';
import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly login: OAuth2Namespace;
  }
  interface Session {
    me?: unknown;
  }
}

const settings = readSettings();
const app = Fastify();
await app.register(cookie);
await app.register(session, { secret: 'x'.repeat(32), cookie: { secure: false } });
await app.register(oauth2, {
  name: 'login',
  credentials: { client: { id: settings.clientId, secret: settings.clientSecret } },
  scope: ['openid', 'profile', 'email'],
  startRedirectPath: '/login',
  callbackUri: `${settings.url}/login/callback`,
  discovery: { issuer: settings.issuer },
  pkce: 'S256',
  cookie: { secure: false, sameSite: 'lax' },
});
app.get('/login/callback', async (request, reply) => {
  const { token } = await app.login.getAccessTokenFromAuthorizationCodeFlow(request, reply);
  const user: unknown = await app.login.userinfo(token.access_token);
  request.session.me = { authenticated: true, user };
  return reply.redirect('/api/me');
});
app.get('/api/me', async (request) => request.session.me ?? { authenticated: false });
await listen(app, settings);
