import { randomBytes } from 'node:crypto';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, type TestBrowser } from '@foyer/testkit';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { readEnvironment } from '../src/environment.ts';

let app: FastifyInstance;
let url: string;
let closeProvider: () => Promise<void>;

beforeAll(async () => {
  const PORT = String(await freePort());
  url = `http://localhost:${PORT}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const { port, ...options } = readEnvironment({
    PORT,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    SESSION_KEYS: randomBytes(32).toString('base64'),
  });
  app = await createApp({ ...options, logLevel: 'silent' });
  await app.listen({ port, host: 'localhost' });
  closeProvider = provider.close;
});

afterAll(async () => {
  await app.close();
  await closeProvider();
});

const signIn = async (): Promise<TestBrowser> => {
  const browser = createBrowser();
  await browser.visit(`${url}/`);
  await browser.visit('/login', { from: `${url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  await browser.visit('/notes', { from: `${url}/` });
  return browser;
};

test('its own page is public, its own guarded routes are not', async () => {
  expect(await (await fetch(url)).text()).toContain('<h1>Notes</h1>');
  const refused = await fetch(`${url}/notes`);
  expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
});

test('a link from another site leads to a guarded route as an anonymous visitor', async () => {
  const browser = await signIn();
  const answer = await browser.visitWithoutFollowing(`${url}/notes`, { from: 'https://mail.example/' });
  expect([answer.status, answer.text.includes('href="/login"')]).toEqual([401, true]);
});

test('a user sees the guarded route, and it knows whose notes it keeps', async () => {
  const browser = await signIn();
  expect([browser.current.url, browser.current.status]).toEqual([`${url}/notes`, 200]);
  const body = JSON.stringify({ text: 'Looked at the engine' });
  const headers = { 'content-type': 'application/json' };
  const added = await browser.fetch('/notes', { method: 'POST', headers, body });
  expect([added.status, await added.json()]).toEqual([201, { of: 'ada', notes: ['Looked at the engine'] }]);
});

test('a page of another site posts no note', async () => {
  const browser = await signIn();
  const answer = await browser.fetch(`${url}/notes`, { method: 'POST', from: 'https://evil.example/' });
  expect(answer.status).toBe(403);
});

test('its own store lists the sessions, ends all others, and forgets one that signed out', async () => {
  const here = await signIn();
  const there = await signIn();
  expect(await (await here.fetch('/api/me/sessions', { method: 'DELETE' })).json()).toMatchObject({
    ended: expect.any(Number),
  });
  expect((await there.fetch('/notes')).status).toBe(401);
  expect(await (await here.fetch('/api/me/sessions')).json()).toMatchObject({
    sessions: [{ current: true }],
  });
  await here.fetch('/logout', { method: 'POST' });
  expect((await here.fetch('/notes')).status).toBe(401);
});
