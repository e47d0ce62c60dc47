import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningProduct, startProduct } from './start-product.ts';

let product: RunningProduct;
let chromium: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchChromium()]);
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

beforeEach(async () => {
  const context = await chromium.newContext();
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
});

afterEach(async () => {
  await page.context().close();
  expect(complaints).toEqual([]);
});

const signIn = async (person = 'Ada Lovelace'): Promise<void> => {
  await page.getByRole('button', { name: person }).click();
};

test('the whole tour: home, sign in, profile, sign out', async () => {
  await page.goto(product.url);
  expect(await page.title()).toBe('Plusauth Starter Template');
  await page.getByRole('heading', { name: 'Hello, world!' }).waitFor();
  await page.getByRole('link', { name: 'Login', exact: true }).waitFor();
  await page.getByRole('link', { name: 'Login/Register »' }).click();
  await signIn();
  await page.getByRole('link', { name: 'View Profile »' }).click();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await page.getByRole('heading', { name: 'User object:' }).waitFor();
  expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toMatchObject({ sub: 'ada' });
  await page.getByRole('link', { name: 'Logged in as: Ada Lovelace' }).waitFor();
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Login/Register »' }).waitFor();
  expect(page.url()).toBe(`${product.url}/`);
});

test('a deep link to the profile comes back with its query', async () => {
  await page.goto(`${product.url}/profile?x=1`);
  await signIn('José Núñez');
  await page.getByRole('heading', { name: 'Welcome José Núñez!' }).waitFor();
  expect(page.url()).toBe(`${product.url}/profile?x=1`);
  expect(await page.locator('pre').textContent()).toContain('José');
});

test('markup in a name is text', async () => {
  await page.goto(`${product.url}/profile`);
  await page.getByRole('textbox').fill('<b>Bold</b>');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Welcome <b>Bold</b>!' }).waitFor();
});

test('two tabs sign in at once and both finish', async () => {
  const other = await page.context().newPage();
  await page.goto(`${product.url}/login?returnTo=/profile?tab=1`);
  await other.goto(`${product.url}/login?returnTo=/profile?tab=2`);
  await signIn();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await other.getByRole('button', { name: 'Ada Lovelace' }).click();
  await other.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  expect([page.url(), other.url()]).toEqual([`${product.url}/profile?tab=1`, `${product.url}/profile?tab=2`]);
});

test('the back button after sign-out shows nothing private', async () => {
  await page.goto(`${product.url}/profile`);
  await signIn();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await page.getByRole('button', { name: 'Logout' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Login/Register »' }).waitFor();
  await page.goto(`${product.url}/profile`);
  await page.getByRole('textbox').waitFor();
  expect(await page.getByText('Welcome Ada Lovelace!').count()).toBe(0);
});

test('another tab notices the sign-in and the sign-out without being looked at', async () => {
  const other = await page.context().newPage();
  await other.goto(product.url);
  await other.getByRole('link', { name: 'Login/Register »' }).waitFor();
  await page.goto(`${product.url}/profile`);
  await signIn();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await other.getByRole('link', { name: 'View Profile »' }).waitFor();
  await page.getByRole('button', { name: 'Logout' }).click();
  await other.getByRole('link', { name: 'Login/Register »' }).waitFor();
});
