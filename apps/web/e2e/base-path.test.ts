import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import { type DevProvider, startDevProvider } from '@foyer/dev-provider';
import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuiltApp, buildApp } from './build-app.ts';
import { portOf } from './foreign-spa.ts';
import { startProductBeside } from './start-product.ts';

let chromium: Browser;
let builds: readonly BuiltApp[];

const build = (base: string): Promise<BuiltApp> => buildApp({ files: {}, withStarter: true, base });

beforeAll(async () => {
  builds = [await build('/app/'), await build('/two/')];
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
  for (const built of builds) await built[Symbol.asyncDispose]();
});

/** Starts the product with a build at the public URL that `urlOf` makes of its own address. */
const startBelow = (
  { dir = '' }: Partial<BuiltApp>,
  urlOf: (url: string) => string,
  startProvider = (url: string): Promise<DevProvider> => startDevProvider({ publicUrls: [urlOf(url)] }),
) =>
  startProductBeside({
    startProvider,
    variables: ({ publicUrl }) => ({
      PUBLIC_URL: urlOf(publicUrl),
      SPA_DIR: dir,
      RATE_LIMIT_LOGIN: '0',
    }),
  });

const signInOn = async (page: Page): Promise<void> => {
  await page.getByRole('link', { name: 'Login', exact: true }).click();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('Logged in as').waitFor();
};

test('the starter below a path signs in, reloads a deep link and signs out', async () => {
  const product = await startBelow(builds[0] ?? {}, (url) => `${url}/app`);
  const app = `${product.url}/app`;
  const page = await (await chromium.newContext()).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (answer) => {
    if (answer.status() === 404) complaints.push(answer.url());
  });
  await page.goto(app);
  await signInOn(page);
  expect(page.url()).toBe(`${app}/`);
  await page.getByText('Logged in as').click();
  await page.getByText('User object:').waitFor();
  expect(page.url()).toBe(`${app}/profile`);
  await page.reload();
  await page.getByText('User object:').waitFor();
  await page.getByRole('link', { name: 'Where you are signed in' }).click();
  await page.getByText('This browser').waitFor();
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('Login/Register »').waitFor();
  expect(page.url()).toBe(`${app}/`);
  await page.goto(`${app}/sessions?x=1`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('This browser').waitFor();
  expect(page.url()).toBe(`${app}/sessions?x=1`);
  expect(complaints).toEqual([]);
  expect((await page.goto(`${product.url}/`))?.status()).toBe(404);
  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByText('View Profile »').waitFor();
  await page.context().close();
  await product.close();
});

test('two apps of one host do not meet in a browser', async () => {
  const upstreams = new Map<string, string>();
  const front = createServer((request, response) => {
    const target = upstreams.get(`/${request.url?.split(/[/?]/)[1]}`);
    if (target === undefined) return response.writeHead(404).end();
    const { method, headers } = request;
    const passed = ask(`${target}${request.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    response.on('close', () => passed.destroy());
    passed.on('error', () => response.destroy());
    return request.pipe(passed);
  }).listen(0, 'localhost');
  await once(front, 'listening');
  const origin = `http://localhost:${portOf(front)}`;
  const provider = await startDevProvider({ publicUrls: [`${origin}/app`, `${origin}/two`] });
  const shared = async (): Promise<DevProvider> => ({ ...provider, close: async () => undefined });
  const app = await startBelow(builds[0] ?? {}, () => `${origin}/app`, shared);
  const two = await startBelow(builds[1] ?? {}, () => `${origin}/two`, shared);
  upstreams.set('/app', app.url).set('/two', two.url);
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${origin}/app/`);
  await signInOn(page);
  await page.goto(`${origin}/two/`);
  await page.getByText('Login/Register »').waitFor();
  await page.getByRole('link', { name: 'Login', exact: true }).click();
  await page.getByText('Logged in as').waitFor();
  await page.goto(`${origin}/app/`);
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('Login/Register »').waitFor();
  await page.goto(`${origin}/two/`);
  await page.getByText('Logged in as').waitFor();
  await page.context().close();
  front.closeAllConnections();
  front.close();
  await Promise.all([app.close(), two.close(), provider.close()]);
});
