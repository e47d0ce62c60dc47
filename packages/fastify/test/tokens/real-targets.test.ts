import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type DevProvider, type DevProviderOptions, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import Fastify from 'fastify';
import { decodeJwt } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import {
  type BffOptions,
  bff,
  createServerOptions,
  openSessionStore,
  type RouteToken,
} from '../../src/index.ts';
import { createSessionKey } from '../kit/start-bff.ts';
import { makeFile } from '../kit/start-sessions.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const [users, orders, stock] = ['https://users.example', 'https://orders.example', 'https://stock.example'];

const claimsOf = ({ headers }: IncomingMessage) =>
  decodeJwt(headers.authorization?.replace('Bearer ', '') ?? '');

const startApi = async (audience: string) => {
  const api = await startUpstream((request, response) => {
    const { aud, sub, client_id } = claimsOf(request);
    response.statusCode = aud === audience ? 200 : 401;
    response.end(JSON.stringify({ aud, sub, client_id }));
  });
  onTestFinished(() => api[Symbol.asyncDispose]());
  return api.url;
};

type Configure = NonNullable<DevProviderOptions['configure']>;

/** Issues tokens for what the sign-in has asked for alone. */
const strict: Configure = (base) => ({
  ...base,
  features: {
    ...base.features,
    resourceIndicators: {
      ...base.features?.resourceIndicators,
      defaultResource: (_ctx, _client, oneOf) => oneOf?.[0] ?? [],
    },
  },
});

const startProvider = async (publicUrls: readonly string[], configure?: Configure): Promise<DevProvider> => {
  const provider = await startDevProvider({
    ...(configure && { configure }),
    ...{ publicUrls, clientSecret: randomBytes(24).toString('hex') },
    ...{ apiAudience: users, moreAudiences: [orders, stock] },
  });
  onTestFinished(() => provider.close());
  return provider;
};

/** BFFs on one store and one cookie, before one API for each audience. */
const startReplicas = async (
  tokens: Readonly<Record<string, RouteToken>>,
  {
    count = 1,
    configure,
    given = {},
  }: { count?: number; configure?: Configure; given?: Partial<BffOptions> } = {},
) => {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const publicUrl = `http://localhost:${ports[0]}`;
  const provider = await startProvider([publicUrl], configure);
  const apis = { users: await startApi(users), orders: await startApi(orders), stock: await startApi(stock) };
  const sessionStore = await openSessionStore(`sqlite:${await makeFile()}`);
  const options: BffOptions = {
    ...{ issuer: provider.issuer, clientId: provider.clientId, clientSecret: provider.clientSecret },
    ...{
      publicUrl,
      sessionKeys: [createSessionKey()],
      sessionStore,
      scope: 'openid offline_access users:read',
    },
    apiRoutes: Object.entries(apis).map(([name, upstream]) => {
      const { [name]: token } = tokens;
      return { prefix: `/api/${name}`, upstream, ...(token !== undefined && { token }) };
    }),
    ...given,
  };
  for (const port of ports) {
    const app = Fastify(createServerOptions({ logLevel: 'silent', trustProxy: [] }));
    await app.register(bff, options);
    await app.listen({ port, host: 'localhost' });
    onTestFinished(() => app.close());
  }
  onTestFinished(() => sessionStore.close());
  const browser = createBrowser();
  await browser.visit(`${publicUrl}/login?returnTo=/api/me`, { from: `${publicUrl}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  const cookie = browser
    .cookies(publicUrl)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const ask = async (path: string, replica = 0): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`http://localhost:${ports[replica]}${path}`, {
      headers: { cookie, 'x-csrf': '1' },
    });
    return { status: answer.status, body: await answer.json() };
  };
  return { provider, ask };
};

test('three APIs get a token of their own audience each: the session’s, by resource, by exchange', async () => {
  const tokens = { orders: { resource: orders }, stock: { exchange: { audience: stock } } };
  const { ask, provider } = await startReplicas(tokens);
  const ada = { sub: expect.stringContaining('ada'), client_id: provider.clientId };
  expect(await ask('/api/users')).toEqual({ status: 200, body: { aud: users, ...ada } });
  expect(await ask('/api/orders')).toEqual({ status: 200, body: { aud: orders, ...ada } });
  expect(await ask('/api/stock')).toEqual({ status: 200, body: { aud: stock, ...ada } });
});

test('a client’s own token is about no person', async () => {
  const { ask, provider } = await startReplicas({ orders: { client: { resource: orders } } });
  const { clientId } = provider;
  expect(await ask('/api/orders')).toEqual({
    status: 200,
    body: { aud: orders, sub: clientId, client_id: clientId },
  });
});

test('an audience that the provider does not know is 502', async () => {
  const { ask } = await startReplicas({ orders: { exchange: { audience: 'https://unknown.example' } } });
  expect(await ask('/api/orders')).toMatchObject({ status: 502, body: { code: 'provider_error' } });
  expect(await ask('/api/me')).toMatchObject({ body: { authenticated: true } });
});

test('100 calls for two audiences on two replicas: a grant each, no refresh token used twice', async () => {
  const { ask, provider } = await startReplicas(
    { orders: { resource: orders }, stock: { resource: stock } },
    { count: 2 },
  );
  let grants = 0;
  let revoked = 0;
  provider.provider.on('grant.success', () => (grants += 1));
  provider.provider.on('grant.revoked', () => (revoked += 1));
  const calls = Array.from({ length: 100 }, (_, call) =>
    ask(call % 4 < 2 ? '/api/orders' : '/api/stock', call % 2),
  );
  expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]));
  expect([grants, revoked]).toEqual([2, 0]);
  expect(await ask('/api/me', 1)).toMatchObject({ body: { authenticated: true } });
});

test('a provider that issues only what the sign-in asked for is asked for the resources', async () => {
  const given = { resources: [users, orders] };
  const tokens = { orders: { resource: orders }, stock: { resource: stock } };
  const { ask } = await startReplicas(tokens, { configure: strict, given });
  expect(await ask('/api/users')).toMatchObject({ status: 200, body: { aud: users } });
  expect(await ask('/api/orders')).toMatchObject({ status: 200, body: { aud: orders } });
  expect(await ask('/api/stock')).toMatchObject({ status: 502, body: { code: 'provider_error' } });
});

test('a name and a role that change at the provider show after a refresh', async () => {
  const known = { name: 'Ada Lovelace', groups: ['editors'] };
  let laterMs = 0;
  const { ask } = await startReplicas(
    {},
    {
      configure: (base) => ({
        ...base,
        findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...known }) }),
      }),
      given: { scope: 'openid profile offline_access users:read', clock: () => Date.now() + laterMs },
    },
  );
  expect(await ask('/api/me')).toMatchObject({
    body: { user: { name: 'Ada Lovelace', groups: ['editors'] } },
  });
  Object.assign(known, { name: 'Ada King', groups: ['readers'] });
  laterMs = 280_000;
  expect(await ask('/api/users')).toMatchObject({ status: 200 });
  expect(await ask('/api/me')).toMatchObject({ body: { user: { name: 'Ada King', groups: ['readers'] } } });
});
