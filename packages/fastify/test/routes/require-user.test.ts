import Fastify, { type FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { bff, currentUser, openSessionStore, requireUser } from '../../src/index.ts';
import { createSessionKey } from '../kit/start-bff.ts';
import { startBentProvider } from '../provider/bent-provider.ts';

test('routes of one’s own require claims, scopes, strength and age of the sign-in', async () => {
  await using bent = await startBentProvider({
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, groups: ['staff'] } }),
  });
  const app = Fastify();
  const { issuer, clientId, clientSecret } = bent;
  const publicUrl = 'http://localhost:3000';
  await app.register(bff, {
    ...{ issuer, clientId, clientSecret, publicUrl, sessionKeys: [createSessionKey()] },
    sessionStore: await openSessionStore('memory:'),
    userClaims: [],
    onLogin: async () => ({ add: { tier: 'gold' } }),
  });
  const answer = async () => 'ok';
  app.get('/whole', async (request) => currentUser(request));
  app.get('/staff', { onRequest: requireUser({ claims: { groups: ['staff', 'owner'] } }) }, answer);
  app.get('/owner', { onRequest: requireUser({ claims: { groups: 'owner' } }) }, answer);
  app.get('/scope', { preHandler: requireUser({ scope: 'email' }) }, answer);
  // A host may look at its user before the route does.
  const isSignedIn: boolean[] = [];
  const look = async (request: FastifyRequest): Promise<void> => {
    isSignedIn.push((await currentUser(request)) !== undefined);
  };
  app.get('/looked-at', { onRequest: [look, requireUser] }, answer);
  app.get('/strong', { onRequest: requireUser({ acr: 'high', maxAge: '5m' }) }, answer);
  const visit = (url: string, cookie = '') =>
    app.inject({ url, headers: { host: 'localhost:3000', cookie } });
  const cookieOf = ({ cookies }: Awaited<ReturnType<typeof visit>>): string =>
    cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

  const begun = await visit('/login');
  const { searchParams } = new URL(begun.headers.location ?? '');
  bent.nonce = searchParams.get('nonce') ?? '';
  const back = await visit(`/login/callback?code=c&state=${searchParams.get('state')}`, cookieOf(begun));
  const ask = async (path: string, cookie = cookieOf(back)) => {
    const { statusCode, body } = await visit(path, cookie);
    return statusCode === 200 ? body : JSON.parse(body);
  };
  expect([back.statusCode, await ask('/staff')]).toEqual([303, 'ok']);
  expect(await ask('/scope')).toBe('ok');
  const { body: whole } = await visit('/whole', cookieOf(back));
  expect(JSON.parse(whole)).toEqual({
    ...{ sub: 'ada', name: 'Ada from userinfo', groups: ['staff'], tier: 'gold' },
  });
  const { body: shown } = await visit('/api/me', cookieOf(back));
  expect(JSON.parse(shown).user).toEqual({ sub: 'ada' });
  expect(await ask('/owner')).toMatchObject({ status: 403, code: 'forbidden' });
  expect(await ask('/strong')).toMatchObject({
    status: 401,
    code: 'step_up_required',
    loginUrl: '/login?acr_values=high&max_age=300',
  });
  expect(await ask('/strong', '')).toMatchObject({ code: 'unauthenticated', loginUrl: '/login' });
  expect(await ask('/looked-at')).toBe('ok');
  const fromSibling = await app.inject({
    url: '/looked-at',
    headers: {
      ...{ host: 'localhost:3000', cookie: cookieOf(back) },
      ...{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    },
  });
  expect([fromSibling.statusCode, isSignedIn]).toEqual([401, [true, true]]);
  await app.close();
});
