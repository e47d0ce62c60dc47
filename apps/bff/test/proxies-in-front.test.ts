import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { createBrowser } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startApp } from './kit/start-app.ts';
import { documentedFront, findFronts } from './kit/start-front.ts';

/** An API that answers with the client address it was sent and a long header, and echoes every message of a WebSocket. */
const startApi = async () => {
  const server = createServer(({ headers }, response) =>
    response.setHeader('x-long', 'x'.repeat(12_000)).end(JSON.stringify(headers)),
  );
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
    onTestFinished(() => void vi.unstubAllEnvs());
    using api = await startApi();
    const API_ROUTES = JSON.stringify([{ prefix: '/api/things', upstream: api.url }]);
    const variables = { TRUST_PROXY: '127.0.0.1', API_ROUTES };
    const { url } = await startApp({ variables, startFront: start });
    const browser = createBrowser();
    await browser.visit(`${url}/login?returnTo=/deep`);
    const page = await browser.submit({ button: 'Ada Lovelace' });
    expect([page.url, page.status]).toEqual([`${url}/deep#`, 200]);
    expect(page.headers.get('strict-transport-security')).toMatch(/max-age/);
    const [held, ...others] = browser.cookies(url).filter(({ name }) => !name.endsWith('-rounds'));
    expect([held?.name, others]).toEqual([`__Host-Http-foyer-${new URL(url).port}`, []]);
    const cookie = `${held?.name}=${held?.value}`;

    const answer = request(`${url}/api/things`, {
      headers: { cookie, 'x-forwarded-for': '8.8.8.8' },
      localAddress: '127.0.0.2',
    });
    const [given] = await once(answer.end(), 'response');
    expect(given.headers['x-long']).toHaveLength(12_000);
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
  },
);
