import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { startDevProvider } from '@foyer/dev-provider';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type RunningProduct, startProductBeside } from './start-product.ts';

/** The port that a server listens on. */
export const portOf = (server: NetServer): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const acceptWebSocket = ({ headers }: IncomingMessage, socket: Duplex): void => {
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => undefined).resume();
};

/** The product before somebody else's SPA and an API at `/api/things`; browsers find it where `publicUrlOf` says. */
export const startWith = async (
  variables: Readonly<Record<string, string>>,
  publicUrlOf: (url: string) => string = (url) => url,
): Promise<RunningProduct> => {
  const things = createServer((_request, response) => response.end('ok'))
    .on('upgrade', acceptWebSocket)
    .listen(0, '127.0.0.1');
  await once(things, 'listening');
  const product = await startProductBeside({
    startProvider: (url) =>
      startDevProvider({ publicUrls: [publicUrlOf(url)], clientSecret: 'a-secret-of-these-tests' }),
    variables: ({ publicUrl }) => ({
      RATE_LIMIT_LOGIN: '0',
      PUBLIC_URL: publicUrlOf(publicUrl),
      API_ROUTES: JSON.stringify([{ prefix: '/api/things', upstream: `http://127.0.0.1:${portOf(things)}` }]),
      ...variables,
    }),
  });
  return {
    ...product,
    close: async () => {
      await product.close();
      things.closeAllConnections();
      things.close();
    },
  };
};

/** What a script of this page gets from the BFF: status and body, or that the browser refused. */
export const ask = (page: Page, url: string, init = ''): Promise<string> =>
  page.evaluate(
    `fetch('${url}', { credentials: 'include', ${init} }).then(async (r) => r.status + ' ' + await r.text(), () => 'refused')`,
  );

/** Signs in, sees who is there and what the API says, and signs out, on a page like that of the documentation. */
export const tour = async (chromium: Browser, { url }: RunningProduct): Promise<void> => {
  const page = await (await chromium.newContext()).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  const apiStatus = () => page.locator('body').getAttribute('data-api');
  await page.goto(url);
  await page.getByText('no one').waitFor();
  await expect.poll(apiStatus).toBe('401');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('Ada Lovelace').waitFor();
  expect(page.url()).toBe(`${url}/deep?x=1#`);
  await expect.poll(apiStatus).toBe('200');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('no one').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
};
