import { readFileSync } from 'node:fs';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, type TestBrowser } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { bff, openSessionStore } from '../../src/index.ts';
import { linkRoutes, onLogin } from '../kit/linked-accounts.ts';
import { createSessionKey } from '../kit/start-bff.ts';

const fromHere = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The recipe beside two real providers, whose demo people have the same names. */
const startRecipe = async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const [staff, guests] = await Promise.all([
    startDevProvider({ publicUrls: [url] }),
    startDevProvider({ publicUrls: [url] }),
  ]);
  const providers = Object.entries({ staff, guests }).map(([id, { issuer, clientId, clientSecret }]) => ({
    ...{ id, issuer, clientId, clientSecret },
  }));
  const app = Fastify();
  const sessionStore = await openSessionStore('memory:');
  await app.register(bff, {
    ...{ providers, publicUrl: url, sessionKeys: [createSessionKey()], sessionStore, onLogin },
  });
  await app.register(linkRoutes);
  await app.listen({ port, host: 'localhost' });
  onTestFinished(async () => {
    await app.close();
    await sessionStore.close();
    await Promise.all([staff.close(), guests.close()]);
  });
  return url;
};

const accountOf = async (browser: TestBrowser, url: string): Promise<unknown> =>
  JSON.parse(await (await browser.fetch(`${url}/api/me`, { from: `${url}/` })).text()).user?.account;

const signIn = async (url: string, provider: string, name: string, browser = createBrowser()) => {
  await browser.visit(`${url}/login?provider=${provider}`, { from: `${url}/` });
  await browser.submit({ button: name });
  return { browser, account: await accountOf(browser, url) };
};

/** Asks for the link from a page of the application, and signs in at the other provider. */
const link = async (url: string, browser: TestBrowser, name: string) => {
  const asked = await browser.visitWithoutFollowing(`${url}/account/link`, {
    ...{ method: 'POST', form: {}, from: `${url}/account` },
  });
  expect(asked.status).toBe(303);
  const [cookie = ''] = (asked.headers.get('set-cookie') ?? '').split(';', 1);
  // Browsers keep Secure cookies of localhost; this one of the tests does not.
  browser.setCookie(url, `${cookie}; Path=/; SameSite=Lax`);
  await browser.visit(asked.headers.get('location') ?? '', { from: `${url}/account` });
  return browser.submit({ button: name });
};

test('the recipe of docs/several-providers.md is what runs here', () => {
  const code = fromHere('../kit/linked-accounts.ts').replace('../../src/index.ts', '@foyer/fastify');
  expect(fromHere('../../../../docs/several-providers.md')).toContain(`\`\`\`ts\n${code}\`\`\``);
});

test('a person who is signed in links a second sign-in to their account', async () => {
  const url = await startRecipe();
  const { browser, account } = await signIn(url, 'staff', 'Ada Lovelace');
  expect(account).toMatch(/^[0-9a-f-]{36}$/);
  await link(url, browser, 'Grace Hopper');
  expect(await accountOf(browser, url)).toBe(account);
  expect((await signIn(url, 'guests', 'Grace Hopper')).account).toBe(account);
  expect((await signIn(url, 'guests', 'Ada Lovelace')).account).not.toBe(account);
});

test('a sign-in that has an account of its own is not linked to another', async () => {
  const url = await startRecipe();
  const { browser } = await signIn(url, 'staff', 'Ada Lovelace');
  const other = await signIn(url, 'guests', 'Grace Hopper');
  expect((await link(url, browser, 'Grace Hopper')).status).toBe(403);
  expect((await signIn(url, 'guests', 'Grace Hopper')).account).toBe(other.account);
});
