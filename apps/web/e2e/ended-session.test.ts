import { launchChromium } from '@foyer/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type RunningProduct, startProduct } from './start-product.ts';
import { signIn } from './views.ts';

let product: RunningProduct;
let chromium: Browser;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchChromium()]);
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

const start = async () => {
  const context = await chromium.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await signIn(page, product, '/profile');
  const logins: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(`${product.url}/login?`)) logins.push(request.url());
  });
  return { context, page, logins };
};

// The provider still knows the person: what asks for a login has one, without a question.
test('an open page whose session is ended elsewhere says why, and does not begin another by itself', async () => {
  const { page, logins } = await start();
  const elsewhere = await chromium.newPage();
  onTestFinished(() => elsewhere.close());
  await signIn(elsewhere, product, '/');
  const status = await elsewhere.evaluate(
    "fetch('/api/me/sessions', { method: 'DELETE' }).then((answer) => answer.status)",
  );
  expect(status).toBe(200);
  await page.getByText('The session was ended from another browser, or by an administrator.').waitFor();
  expect(await page.getByRole('link', { name: 'Logged in as' }).count()).toBe(0);
  expect(logins).toEqual([]);

  await page.getByRole('main').getByRole('button', { name: 'Login' }).click();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  expect([page.url(), logins.length]).toEqual([`${product.url}/profile`, 1]);
});

test('a sign-out in one tab is not undone by another', async () => {
  const { context, page, logins } = await start();
  const other = await context.newPage();
  await other.goto(product.url);
  await other.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await other.getByRole('button', { name: 'Sign out', exact: true }).click();
  await other.getByRole('link', { name: 'Login/Register »' }).waitFor();
  expect(await page.getByRole('heading', { name: 'You are signed out' }).count()).toBe(1);
  expect(logins).toEqual([]);
});
