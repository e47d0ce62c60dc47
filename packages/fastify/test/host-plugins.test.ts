import { randomBytes } from 'node:crypto';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import secureSession from '@fastify/secure-session';
import session from '@fastify/session';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import underPressure from '@fastify/under-pressure';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';
import Fastify, { type FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { bff, currentUser, openSessionStore, Problem, requireUser } from '../src/index.ts';
import { makeSpaDir } from './kit/spa-dir.ts';
import { createSessionKey, signIn } from './kit/start-bff.ts';

const registerOthers = async (app: FastifyInstance, folder: string): Promise<void> => {
  await app.register(swagger, { openapi: { info: { title: 'Theirs', version: '1' } } });
  await app.register(cookie);
  await app.register(session, { secret: randomBytes(32).toString('hex'), cookie: { secure: false } });
  await app.register(secureSession, { sessionName: 'secure', cookieName: 'secure', key: randomBytes(32) });
  await app.register(cors, { origin: true, credentials: true });
  await app.register(helmet);
  await app.register(compress, { threshold: 0 });
  await app.register(rateLimit, { max: 1000 });
  await app.register(underPressure, { maxEventLoopDelay: 60_000 });
  await app.register(fastifyStatic, { root: folder, prefix: '/theirs/' });
};

interface HostOptions {
  readonly others: 'before' | 'after' | 'none';
  readonly prepare?: (app: FastifyInstance) => void;
  readonly prefix?: string;
}

/** An application of somebody else's with its own Fastify options, and the plugin in it. */
const startHost = async ({ others, prepare, prefix = '' }: HostOptions) => {
  const spa = makeSpaDir();
  const port = await freePort();
  const url = `http://localhost:${port}${prefix}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const sessionStore = await openSessionStore('memory:');
  const app = Fastify();
  if (others === 'before') await registerOthers(app, spa.dir);
  app.get('/healthz', async () => 'theirs');
  prepare?.(app);
  await app.register(bff, {
    ...(prefix !== '' && { prefix }),
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    publicUrl: url,
    sessionKeys: [createSessionKey()],
    sessionStore,
    spa: { dir: spa.dir },
  });
  if (others === 'after') await registerOthers(app, spa.dir);
  app.get(`${prefix}/hello`, { onRequest: requireUser }, async (request) => ({
    hello: (await currentUser(request))?.sub,
  }));
  await app.listen({ port, host: 'localhost' });
  return {
    app,
    url,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await sessionStore.close();
      await provider.close();
      spa[Symbol.dispose]();
    },
  };
};

test.for(['before', 'after'] as const)(
  'people sign in and out in a host that registered common plugins %s ours',
  async (others) => {
    await using host = await startHost({ others });
    const { browser } = await signIn(host);
    const me = await browser.fetch('/api/me');
    expect([me.status, await me.json()]).toMatchObject([200, { authenticated: true }]);
    expect(me.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await (await browser.fetch('/hello')).json()).toEqual({ hello: 'ada' });
    expect(await (await fetch(`${host.url}/healthz`)).text()).toBe('theirs');
    expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${host.url}/`)).text()).toContain('<');
    expect((await browser.fetch('/logout', { method: 'POST' })).status).toBeLessThan(400);
    expect(await (await browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
  },
);

test('with a prefix the plugin lives below it, in a host that registered common plugins', async () => {
  await using host = await startHost({ others: 'before', prefix: '/auth' });
  const { browser, page } = await signIn(host, { returnTo: '/auth/hello' });
  expect(page.url).toBe(`${host.url}/hello#`);
  expect(await (await browser.fetch('/auth/hello')).json()).toEqual({ hello: 'ada' });
  expect((await browser.fetch('/auth/logout', { method: 'POST' })).status).toBeLessThan(400);
  expect(await (await browser.fetch('/auth/api/me')).json()).toMatchObject({ authenticated: false });
});

test('the host’s description of its API lists its own routes alone', async () => {
  await using host = await startHost({ others: 'before' });
  expect(Object.keys(host.app.swagger().paths ?? {}).toSorted()).toEqual(['/healthz', '/hello']);
});

test.for(['GET', 'OPTIONS'] as const)('the host’s CORS opens no %s of ours to a stranger', async (method) => {
  await using host = await startHost({ others: 'before' });
  const origin = 'https://evil.example';
  const headers = { origin, 'access-control-request-method': 'POST' };
  const own = await fetch(`${host.url}/healthz`, { method, headers });
  expect(own.headers.get('access-control-allow-origin')).toBe(origin);
  for (const path of ['/api/me', '/logout', '/login']) {
    const answer = await fetch(`${host.url}${path}`, { method, headers, redirect: 'manual' });
    const corsHeaders = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
    expect([path, corsHeaders]).toEqual([path, []]);
  }
});

test.for([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [409, 'bad_request'],
  [429, 'rate_limited'],
  [500, 'internal_error'],
  [503, 'internal_error'],
] as const)('an error of a hook of the host keeps its status %i', async ([status, code]) => {
  await using host = await startHost({
    others: 'none',
    prepare: (app) => {
      app.addHook('onRequest', async (request, reply) => {
        if (request.headers['x-fail'] === 'error')
          throw Object.assign(new Error('secret'), { statusCode: status });
        if (request.headers['x-fail'] !== 'reply') return;
        reply.code(status);
        throw new Error('secret');
      });
    },
  });
  for (const fail of ['error', 'reply']) {
    const answer = await fetch(`${host.url}/api/me`, { headers: { 'x-fail': fail } });
    const body = await answer.json();
    expect([answer.status, body]).toMatchObject([status, { code, status }]);
    expect(JSON.stringify(body)).not.toContain('secret');
  }
});

test('a Problem that a route of the host throws keeps its status', async () => {
  await using host = await startHost({
    others: 'none',
    prepare: (app) => {
      app.get('/limited', async () => {
        throw new Problem('rate_limited', 'Too many notes');
      });
    },
  });
  expect((await fetch(`${host.url}/limited`)).status).toBe(429);
});

test('a route of the host where one of ours belongs is named', async () => {
  const prepare = (app: FastifyInstance): void => {
    app.get('/login', async () => 'theirs');
    app.post('/api/me', async () => 'theirs');
    app.get('/*', async () => 'theirs');
  };
  await expect(startHost({ others: 'none', prepare })).rejects.toThrow(/needs \/login, \/api\/me, \/\*/);
});

test('a misspelt option is named', async () => {
  const app = Fastify();
  const options = { sesionIdleTimeout: 60 };
  await expect(app.register(bff, options as never)).rejects.toThrow(/sesionIdleTimeout/);
});
