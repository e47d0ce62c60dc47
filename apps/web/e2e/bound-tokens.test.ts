import { randomBytes } from 'node:crypto';
import { createDemoApi } from '@foyer/demo-api';
import { type DevProviderOptions, startDevProvider } from '@foyer/dev-provider';
import { createBrowser } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startProductBeside } from './start-product.ts';

const [users, orders] = ['https://demo-api.example', 'https://orders.example'];

/** Binds every token to a key, and wants its nonce in every proof. */
const binding: NonNullable<DevProviderOptions['configure']> = (base) => ({
  ...base,
  clients: base.clients?.map((client) => ({ ...client, dpop_bound_access_tokens: true })),
  features: {
    ...base.features,
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
  },
});

test('two APIs that demand a proof of the key get one, each with a token of its own', async () => {
  const upstreams: string[] = [];
  const product = await startProductBeside({
    startProvider: async (publicUrl) => {
      const provider = await startDevProvider({
        ...{ publicUrls: [publicUrl], apiAudience: users, moreAudiences: [orders], configure: binding },
      });
      const options = { issuer: provider.issuer, requiresDpop: true, logLevel: 'silent' };
      const apis = [users, orders].map((audience) => createDemoApi({ ...options, audience }));
      for (const api of apis) upstreams.push(await api.listen({ port: 0, host: '127.0.0.1' }));
      const close = async (): Promise<void> => {
        for (const api of apis) await api.close();
        await provider.close();
      };
      return { ...provider, close };
    },
    variables: () => ({
      OIDC_DPOP: 'on',
      OIDC_SCOPE: 'openid profile users:read users:write',
      API_ROUTES: JSON.stringify([
        { prefix: '/api/users', upstream: `${upstreams[0]}/users` },
        { prefix: '/api/orders', upstream: `${upstreams[1]}/users`, token: { resource: orders } },
      ]),
    }),
  });
  onTestFinished(product.close);
  const { url } = product;
  const browser = createBrowser();
  await browser.visit(`${url}/login?returnTo=/`, { from: `${url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  for (const path of ['/api/users', '/api/orders']) {
    const read = await browser.fetch(`${url}${path}`, { from: `${url}/` });
    expect([path, read.status]).toEqual([path, 200]);
    const written = await browser.fetch(`${url}${path}`, {
      from: `${url}/`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Eve"}',
    });
    expect([path, written.status]).toEqual([path, 201]);
  }
});
