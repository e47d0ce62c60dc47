import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { RouteToken } from '../../src/index.ts';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';

/** What an API knows of a call whose proof is sound. */
interface Proven {
  readonly claims: JWTPayload;
  readonly thumbprint: string;
}

const prove = async ({ headers }: IncomingMessage): Promise<Proven> => {
  const token = /^DPoP (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const { payload, protectedHeader } = await jwtVerify(String(headers.dpop), EmbeddedJWK, {
    typ: 'dpop+jwt',
    maxTokenAge: 10,
  });
  expect(payload.ath).toBe(createHash('sha256').update(token).digest('base64url'));
  return { claims: payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk ?? {}) };
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** An API that wants a proof with its newest nonce, where it has one, and answers the body. */
const startApi = async (nonces: (string | undefined)[] = []) => {
  const proven: Proven[] = [];
  const challenge = (nonce: string | undefined): string | undefined =>
    nonce === undefined || nonce === proven.at(-1)?.claims.nonce ? undefined : nonce;
  const server = createServer(async (request, response) => {
    proven.push(await prove(request));
    const body = await readBody(request);
    const [nonce] = nonces.length > 1 ? nonces.splice(0, 1) : nonces;
    if (nonce !== undefined) response.setHeader('dpop-nonce', nonce);
    if (challenge(nonce) === undefined) response.end(body);
    else response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end('nonce, please');
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', async (request, socket, head) => {
    proven.push(await prove(request));
    const nonce = challenge(nonces[0]);
    if (nonce === undefined) {
      sockets.handleUpgrade(request, socket, head, (ws) => ws.send('hello'));
      return;
    }
    const lines = ['HTTP/1.1 401 Unauthorized', 'www-authenticate: DPoP error="use_dpop_nonce"'];
    socket.end([...lines, `dpop-nonce: ${nonce}`, 'content-length: 0', '', ''].join('\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, proven };
};

const startBefore = async (upstream: string, token: RouteToken = 'session') => {
  const forms: string[] = [];
  const kit = await startBentBff(
    {
      token: (original, { body, headers }) => {
        forms.push(`${body.get('grant_type')} ${typeof headers.dpop}`);
        const own = { access_token: `token-${forms.length}`, token_type: 'DPoP', expires_in: 300 };
        return { body: body.has('code') ? { ...original, token_type: 'DPoP', expires_in: 300 } : own };
      },
    },
    { dpop: 'on', apiRoutes: [{ prefix: '/api/a', upstream: `${upstream}/base`, token }] },
  );
  const login = await kit.begin();
  await kit.comeBack(login);
  const cookie = cookieHeader(login.browser, kit.bff);
  const ask = (init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> =>
    fetch(`${kit.bff.url}/api/a/b?c=d`, { ...init, headers: { cookie, 'x-csrf': '1', ...init.headers } });
  return { ...kit, ask, cookie, forms };
};

test('a call has a fresh proof for its method, address and token, and the browser sees nothing of it', async () => {
  const api = await startApi();
  const { ask } = await startBefore(api.url);
  const answers = [
    await ask(),
    await ask({ method: 'POST', body: 'text', headers: { dpop: 'x', Authorization: 'y' } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  for (const { headers } of answers)
    expect([...headers.keys()].filter((name) => /dpop/.test(name))).toEqual([]);
  const [first, second] = api.proven;
  expect(first?.claims).toMatchObject({ htm: 'GET', htu: `${api.url}/base/b` });
  expect(second?.claims).toMatchObject({ htm: 'POST', htu: `${api.url}/base/b` });
  expect(first?.claims.jti).not.toBe(second?.claims.jti);
  expect(first?.thumbprint).toBe(second?.thumbprint);
});

test('an API’s nonce is learnt by one more call, and is in the proofs after that', async () => {
  const api = await startApi(['nonce-1']);
  const { ask } = await startBefore(api.url);
  for (let calls = 0; calls < 3; calls += 1) {
    const answer = await ask();
    expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([200, null]);
  }
  expect(api.proven.map(({ claims }) => claims.nonce)).toEqual([undefined, 'nonce-1', 'nonce-1', 'nonce-1']);
});

test('a nonce that comes with a success is in the next proof', async () => {
  const api = await startApi([undefined, 'unused']);
  const { ask } = await startBefore(api.url);
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
  expect(api.proven.map(({ claims }) => claims.nonce)).toEqual([undefined, undefined, 'unused']);
});

test('a nonce that an API refuses without another one is sent no more', async () => {
  const nonces: unknown[] = [];
  await using api = await startUpstream(async (request, response) => {
    const { nonce } = (await prove(request)).claims;
    nonces.push(nonce);
    if (nonces.length === 1) response.setHeader('dpop-nonce', 'nonce-1');
    if (nonce === undefined) response.end();
    else response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }).end();
  });
  const { ask } = await startBefore(api.url);
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 401, 200]);
  expect(nonces).toEqual([undefined, 'nonce-1', undefined]);
});

test('an API that wants another nonce every time is asked twice, not for ever', async () => {
  const api = await startApi(['one', 'two', 'three', 'four']);
  const { ask } = await startBefore(api.url);
  const answer = await ask();
  expect([answer.status, await answer.text()]).toEqual([401, 'nonce, please']);
  expect(api.proven).toHaveLength(2);
});

test('a POST of 64 KiB is sent once more with its whole body, a longer or chunked one is not', async () => {
  const api = await startApi(['nonce-1']);
  const { ask } = await startBefore(api.url);
  const body = 'x'.repeat(64 * 1024);
  const answer = await ask({ method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([200, body]);
  expect(api.proven).toHaveLength(2);
  const other = await startApi(['nonce-1']);
  const before = await startBefore(other.url);
  expect((await before.ask({ method: 'POST', body: `${body}x` })).status).toBe(401);
  expect(other.proven).toHaveLength(1);
  const chunked = new Blob([body]).stream();
  expect((await before.ask({ method: 'POST', body: chunked, duplex: 'half' })).status).toBe(200);
  expect(other.proven).toHaveLength(2);
});

test('a WebSocket is opened with a proof, and asked for again with the API’s nonce', async () => {
  const api = await startApi(['nonce-1']);
  const { bff, cookie } = await startBefore(api.url);
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/api/a`, {
    origin: bff.url,
    headers: { cookie },
  });
  onTestFinished(() => socket.terminate());
  expect(String((await once(socket, 'message'))[0])).toBe('hello');
  expect(api.proven.map(({ claims }) => [claims.htm, claims.nonce])).toEqual([
    ['GET', undefined],
    ['GET', 'nonce-1'],
  ]);
});

test.for<[RouteToken, string]>([
  [{ audience: 'orders' }, 'refresh_token string'],
  [{ exchange: { audience: 'orders' } }, 'urn:ietf:params:oauth:grant-type:token-exchange string'],
  ['client', 'client_credentials string'],
])('a token %j is bound to a key as well', async ([token, form]) => {
  const api = await startApi();
  const { ask, forms } = await startBefore(api.url, token);
  expect((await ask()).status).toBe(200);
  expect(forms).toEqual(['authorization_code string', form]);
});

test('no route lets a browser’s own proof pass', async () => {
  await expect(
    startBentBff(
      {},
      { apiRoutes: [{ prefix: '/api/a', upstream: 'http://localhost:1', passHeaders: ['DPoP'] }] },
    ),
  ).rejects.toThrow('passHeaders names DPoP');
});
