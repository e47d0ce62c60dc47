import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDevProvider } from '@foyer/dev-provider';
import { launchChromium } from '@foyer/testkit';
import type { BrowserContext, Request } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { portOf } from './foreign-spa.ts';
import { startProductBeside } from './start-product.ts';
import { signIn } from './views.ts';

/** A page of another origin than the product, with the frame of its query, as sign-out pages have them. */
const startSignOutPage = async (productUrl: () => string): Promise<string> => {
  const server = createServer((request, response) => {
    const { search } = new URL(`http://x${request.url}`);
    const address = `${productUrl()}/logout/frontchannel${search.replaceAll('&', '&amp;')}`;
    response.setHeader('content-type', 'text/html').end(`<h1>Bye</h1><iframe src="${address}"></iframe>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server)}`;
};

/** Shows that page in a tab of its own; how the frame was asked for, answered, and what it shows. */
const showFrame = async (context: BrowserContext, origin: string, query: Record<string, string>) => {
  const tab = await context.newPage();
  const frames: Request[] = [];
  tab.on('request', (request) => {
    if (request.url().includes('/logout/frontchannel')) frames.push(request);
  });
  await tab.goto(`${origin}/bye?${new URLSearchParams(query)}`, { waitUntil: 'load' });
  const [request] = frames;
  const status = (await request?.response())?.status();
  const isShown = (await tab.frames()[1]?.title()) === 'Signed out';
  const headers = (await request?.allHeaders()) ?? {};
  await tab.close();
  return { status, isShown, headers };
};

test('a frame in the provider’s sign-out page ends the session without a cookie; no other page may show it', async () => {
  let productUrl = '';
  const [signOut, elsewhere] = [
    await startSignOutPage(() => productUrl),
    await startSignOutPage(() => productUrl),
  ];
  const [product, chromium] = await Promise.all([
    startProductBeside({
      startProvider: (url) => startDevProvider({ publicUrls: [url] }),
      variables: { FRONTCHANNEL_LOGOUT: 'true', OIDC_LOGOUT_URL: `${signOut}/bye?to={return_to}` },
    }),
    launchChromium(),
  ]);
  productUrl = product.url;
  onTestFinished(async () => {
    await chromium.close();
    await product.close();
  });
  const { issuer, clientId, provider } = product.provider;
  let sid = '';
  provider.on('authorization.success', ({ oidc }) => {
    sid = oidc.session?.sidFor(clientId) ?? '';
  });
  const context = await chromium.newContext();
  const app = await context.newPage();
  const whoIsThere = (): Promise<string> => app.evaluate("fetch('/api/me').then((answer) => answer.text())");
  await signIn(app, product, '/');

  const unknown = await showFrame(context, signOut, { iss: issuer, sid: `${sid}x` });
  expect([unknown.status, unknown.isShown]).toEqual([200, true]);
  const foreign = await showFrame(context, elsewhere, { iss: issuer, sid: `${sid}x` });
  expect([foreign.status, foreign.isShown]).toEqual([200, false]);
  expect(await whoIsThere()).toContain('"authenticated":true');

  const { status, isShown, headers } = await showFrame(context, signOut, { iss: issuer, sid });
  expect([status, isShown]).toEqual([200, true]);
  expect(headers).toMatchObject({ 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' });
  expect(headers.cookie).toBeUndefined();
  await app.getByRole('link', { name: 'Login/Register »' }).waitFor();
  expect(await whoIsThere()).toContain('"authenticated":false');
});
