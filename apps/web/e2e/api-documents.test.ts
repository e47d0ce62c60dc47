import { once } from 'node:events';
import { createServer } from 'node:http';
import { startDevProvider } from '@foyer/dev-provider';
import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningProduct, startProductBeside } from './start-product.ts';

const script = "document.title = 'acted'; fetch('/healthz')";

/** What someone may have uploaded to an API. */
const uploads: Readonly<Record<string, { readonly type: string; readonly body: string | Buffer }>> = {
  '/picture': {
    type: 'image/png',
    body: Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  },
  '/document': {
    type: 'application/pdf',
    body: `%PDF-1.1
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj
trailer<</Root 1 0 R>>
%%EOF`,
  },
  '/page': {
    type: 'text/html',
    body: `<title>idle</title><p>shown</p><script>${script}</script><img src="x" onerror="${script}">`,
  },
  '/drawing': {
    type: 'image/svg+xml',
    body: `<svg xmlns="http://www.w3.org/2000/svg"><title>idle</title><script>${script}</script></svg>`,
  },
  '/xhtml': {
    type: 'application/xhtml+xml',
    body: `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>idle</title><script>${script}</script></head></html>`,
  },
};

const api = createServer(({ url = '' }, response) => {
  const { type, body } = uploads[url] ?? { type: 'text/plain', body: '' };
  response.writeHead(200, { 'content-type': type }).end(body);
});
let chromium: Browser;
let product: RunningProduct;

beforeAll(async () => {
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = api.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  product = await startProductBeside({
    startProvider: (publicUrl) => startDevProvider({ publicUrls: [publicUrl] }),
    variables: {
      API_ROUTES: JSON.stringify([
        { prefix: '/api/files', upstream: `http://127.0.0.1:${port}`, auth: 'none' },
      ]),
    },
  });
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
  await product.close();
  api.close();
  api.closeAllConnections();
});

/** Opens an upload in a tab; `requests` are what the tab asked for, the upload first. */
const open = async (path: string): Promise<{ readonly page: Page; readonly requests: readonly string[] }> => {
  const page = await (await chromium.newContext()).newPage();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(`${product.url}/api/files${path}`);
  return { page, requests };
};

test('a picture of an API can be opened in a tab', async () => {
  const { page } = await open('/picture');
  expect(await page.locator('img').evaluate((image) => Reflect.get(image, 'naturalWidth'))).toBe(1);
  await page.context().close();
});

test('a PDF of an API that is opened in a tab is given to the viewer', async () => {
  const { page } = await open('/document');
  // The viewer is a frame of an extension, in which the document is a frame of its own.
  const framed = () => page.frames().map((frame) => frame.url().split(':', 1)[0]);
  await expect.poll(framed).toEqual(['http', 'chrome-extension', 'http']);
  await page.context().close();
});

test.for(['/page', '/drawing', '/xhtml'])(
  'an upload that is opened in a tab runs no script: %s',
  async (path) => {
    const { page, requests } = await open(path);
    expect(await page.evaluate(() => document.querySelector('title')?.textContent)).toBe('idle');
    expect(requests).not.toContain('/healthz');
    await page.context().close();
  },
);
