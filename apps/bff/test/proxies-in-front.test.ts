import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import { expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { parseEnvironment } from '../src/environment/settings.ts';
import { startServer } from '../src/server.ts';
import { createSessionKey } from './kit/keys.ts';
import { documentedFront, findFronts } from './kit/start-front.ts';

/** An API that tells whose address it was told, and sends every message of a WebSocket back. */
const startApi = async () => {
  const server = createServer(({ headers }, response) => response.end(JSON.stringify(headers)));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(String(data))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.dispose]: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
};

test('the nginx of docs/production.md passes on what the BFF needs, and buffers nothing', () => {
  for (const line of ['Host $http_host', 'X-Forwarded-For $remote_addr', 'Upgrade $http_upgrade'])
    expect(documentedFront('nginx')).toContain(`proxy_set_header ${line};`);
  for (const line of ['proxy_buffering off', 'proxy_request_buffering off'])
    expect(documentedFront('nginx')).toContain(`${line};`);
});

test.for(findFronts())(
  'behind $name as in docs/production.md: https cookies, live events, WebSockets and the address of the client',
  async ({ start }) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const folder = mkdtempSync(join(tmpdir(), 'foyer-front-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>A page</title>');
    const [port, inner] = [await freePort(), await freePort()];
    const url = `https://localhost:${port}`;
    using api = await startApi();
    await using provider = await startDevProvider({ publicUrls: [url] });
    const app = await startServer(
      parseEnvironment({
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: provider.clientId,
        OIDC_CLIENT_SECRET: provider.clientSecret,
        PUBLIC_URL: url,
        PORT: String(inner),
        TRUST_PROXY: '127.0.0.1',
        SESSION_STORE: 'memory:',
        SESSION_KEYS: createSessionKey(),
        SPA_DIR: folder,
        LOG_LEVEL: 'silent',
        API_ROUTES: JSON.stringify([{ prefix: '/api/things', upstream: api.url }]),
      }),
    );
    const child = await start({ folder, port, upstream: inner });
    try {
      const browser = createBrowser();
      await browser.visit(`${url}/login?returnTo=/deep`);
      const page = await browser.submit({ button: 'Ada Lovelace' });
      expect([page.url, page.status]).toEqual([`${url}/deep`, 200]);
      expect(page.headers.get('strict-transport-security')).toMatch(/max-age/);
      const [held, ...others] = browser.cookies(url);
      expect([held?.name, others]).toEqual([`__Host-Http-foyer-${new URL(url).port}`, []]);
      const cookie = `${held?.name}=${held?.value}`;

      const answer = request(`${url}/api/things`, {
        headers: { cookie, 'x-forwarded-for': '8.8.8.8' },
        localAddress: '127.0.0.2',
      });
      const [given] = await once(answer.end(), 'response');
      expect(await json(given)).toMatchObject({
        'x-forwarded-for': '127.0.0.2',
        'x-forwarded-proto': 'https',
      });

      const socket = new WebSocket(`${url.replace('https', 'wss')}/api/things`, {
        headers: { cookie },
        origin: url,
      });
      await once(socket, 'open');
      socket.send('hello');
      expect(String((await once(socket, 'message'))[0])).toBe('hello');
      socket.terminate();

      const events = await fetch(`${url}/api/me/events`, { headers: { cookie } });
      const reader = events.body?.getReader();
      // It arrives although the answer goes on: nothing is buffered on the way.
      expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toMatch(/^retry: /);
      await browser.fetch('/logout', { method: 'POST', from: url });
      expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toContain('signed-out');
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.all([ended, app.close()]);
      rmSync(folder, { recursive: true });
      vi.unstubAllEnvs();
    }
  },
);
