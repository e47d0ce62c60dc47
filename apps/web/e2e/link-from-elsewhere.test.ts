import { once } from 'node:events';
import { createServer } from 'node:http';
import { launchChromium } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { startProduct } from './start-product.ts';

const startPageWithLink = async (target: string) => {
  const server = createServer((_request, response) => {
    const page = `<!doctype html><title>Elsewhere</title><a href="${target}">Go</a>`;
    response.setHeader('content-type', 'text/html').end(page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return { url, [Symbol.dispose]: () => server.close() };
};

test('Chromium finds the session behind a link to /login from another site, and goes on at once', async () => {
  const [product, chromium] = await Promise.all([startProduct(), launchChromium()]);
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${product.url}/login`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('Logged in as: Ada Lovelace').waitFor();
  using elsewhere = await startPageWithLink(`${product.url}/login?returnTo=/profile%3Fx=1`);
  await page.goto(elsewhere.url);
  const visited: string[] = [];
  page.on(
    'request',
    (request) => request.isNavigationRequest() && visited.push(new URL(request.url()).origin),
  );
  await page.getByRole('link', { name: 'Go' }).click();
  await page.getByText('Welcome Ada Lovelace!').waitFor();
  expect([page.url(), new Set(visited)]).toEqual([`${product.url}/profile?x=1`, new Set([product.url])]);
  await chromium.close();
  await product.close();
});
