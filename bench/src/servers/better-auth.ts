import { betterAuth } from 'better-auth';
import { genericOAuth } from 'better-auth/plugins';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const { url, issuer, clientId, clientSecret } = settings;
const auth = betterAuth({
  baseURL: url,
  secret: 'x'.repeat(32),
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'provider',
          discoveryUrl: `${issuer}/.well-known/openid-configuration`,
          clientId,
          clientSecret,
          authentication: 'basic',
          scopes: ['openid', 'profile', 'email'],
          pkce: true,
          redirectURI: `${url}/login/callback`,
        },
      ],
    }),
  ],
});

const readHeaders = ({ headers }: FastifyRequest): Headers => {
  const read = new Headers({ origin: url });
  if (headers.cookie !== undefined) read.set('cookie', headers.cookie);
  return read;
};

const sendOn = (reply: FastifyReply, response: Response, location: string | null): FastifyReply =>
  reply.header('set-cookie', response.headers.getSetCookie()).redirect(location ?? '/');

const app = Fastify();
app.get('/login', async (request, reply) => {
  const response = await auth.api.signInSocial({
    body: { provider: 'provider', callbackURL: '/api/me' },
    headers: readHeaders(request),
    asResponse: true,
  });
  const { url: location }: { url: string } = JSON.parse(await response.text());
  return sendOn(reply, response, location);
});
app.get('/login/callback', async (request, reply) => {
  const target = new URL(request.url.replace('/login/callback', '/api/auth/callback/provider'), url);
  const response = await auth.handler(new Request(target, { headers: readHeaders(request) }));
  return sendOn(reply, response, response.headers.get('location'));
});
app.get('/api/me', async (request) => {
  const session = await auth.api.getSession({ headers: readHeaders(request) });
  return session === null ? { authenticated: false } : { authenticated: true, user: session.user };
});
await listen(app, settings);
