import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type DevProvider, signIn, startDevProvider } from '@foyer/dev-provider';
import { openSessionStore } from '@foyer/fastify';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../app.ts';

let url: string;
let provider: DevProvider;
let app: FastifyInstance;

/** A port that no program listens on. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = Object(server.address());
  server.close();
  return port;
};

beforeAll(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  provider = await startDevProvider({ publicUrls: [url] });
  const { issuer, clientId, clientSecret } = provider;
  const sessionKeys = [randomBytes(32).toString('base64')];
  const sessionStore = await openSessionStore('memory:');
  app = await createApp(
    { issuer, clientId, clientSecret, publicUrl: url, sessionKeys, sessionStore },
    'warn',
  );
  await app.listen({ port, host: 'localhost' });
});

afterAll(async () => {
  await app.close();
  await provider.close();
});

test('Ada signs in, and the server greets her', async () => {
  const cookie = await signIn(`${url}/login`, 'Ada Lovelace');
  const answer = await fetch(`${url}/api/hello`, { headers: { cookie } });
  expect(await answer.json()).toEqual({ hello: 'Ada Lovelace' });
});

test('a visitor who has not signed in is refused', async () => {
  const answer = await fetch(`${url}/api/hello`);
  expect(answer.status).toBe(401);
});
