import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import awsLambda from '@fastify/aws-lambda';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { type BffOptions, bff, openSessionStore } from '../src/index.ts';
import { createSessionKey, signIn } from './kit/start-bff.ts';
import { startUpstream } from './kit/start-upstream.ts';

/** An event of an HTTP API, payload format 2.0, as API Gateway makes it of a request. */
const createEvent = async (request: IncomingMessage): Promise<object> => {
  const { method = 'GET', url = '/' } = request;
  const { pathname, search, searchParams } = new URL(url, 'http://gateway');
  const { cookie, ...headers } = request.headers;
  const sourceIp = request.socket.remoteAddress;
  return {
    version: '2.0',
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { ...headers, 'x-forwarded-for': sourceIp },
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    ...(search === '' ? {} : { queryStringParameters: Object.fromEntries(searchParams) }),
    requestContext: { stage: '$default', http: { method, path: pathname, sourceIp } },
    ...(method === 'POST' ? { body: await text(request) } : {}),
    isBase64Encoded: false,
  };
};

/** A function as it is deployed: an instance of it listens nowhere, and has only the store in common with others. */
const startFunction = async (options: Omit<BffOptions, 'sessionStore'>, file: string) => {
  const sessionStore = await openSessionStore(`sqlite:${file}`);
  const app = Fastify({ trustProxy: '127.0.0.1' });
  await app.register(bff, { ...options, sessionStore });
  const handler = awsLambda(app, { parseCommaSeparatedQueryParams: false });
  await app.ready();
  return {
    handler,
    close: async (): Promise<void> => {
      await app.close();
      await sessionStore.close();
    },
  };
};

type LambdaFunction = Awaited<ReturnType<typeof startFunction>>;

/** Stands in for API Gateway: makes events of requests, each for the next instance of the function. */
const startGateway = async (port: number, [one, other]: readonly [LambdaFunction, LambdaFunction]) => {
  let count = 0;
  const server = createServer(async (request, response) => {
    count += 1;
    const instance = count % 2 === 0 ? one : other;
    const event = await createEvent(request);
    const { statusCode, headers, cookies = [], body, isBase64Encoded } = await instance.handler(event, {});
    response.writeHead(statusCode, { ...headers, ...(cookies.length > 0 && { 'set-cookie': cookies }) });
    response.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
  }).listen(port, 'localhost');
  await once(server, 'listening');
  return { [Symbol.asyncDispose]: async () => void server.close() };
};

test('behind @fastify/aws-lambda people sign in, call an API and sign out, each request at another instance', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-lambda-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  await using upstream = await startUpstream((_request, response) => response.end('from the API'));
  const options = {
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    publicUrl: url,
    sessionKeys: [createSessionKey()],
    apiRoutes: [{ prefix: '/api/things', upstream: upstream.url }],
  };
  const file = join(folder, 'sessions.db');
  const instances = [await startFunction(options, file), await startFunction(options, file)] as const;
  await using _gateway = await startGateway(port, instances);
  const { browser, page } = await signIn({ url }, { returnTo: '/orders?ids=1,2' });
  expect(page.url).toBe(`${url}/orders?ids=1,2#`);
  const me = await browser.fetch('/api/me');
  expect(await me.json()).toMatchObject({ authenticated: true, displayName: 'Ada Lovelace' });
  const answer = await browser.fetch('/api/things');
  expect([answer.status, await answer.text()]).toEqual([200, 'from the API']);
  const signedOut = await browser.fetch('/logout', {
    method: 'POST',
    headers: { accept: 'application/json' },
  });
  expect(signedOut.status).toBe(200);
  for (const _instance of instances)
    expect(await (await browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
  for (const each of instances) await each.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});
