import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningProduct } from './start-product.ts';
import { startProductWithApi } from './start-with-api.ts';

let chromium: Browser;
let product: RunningProduct;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProductWithApi('users:read users:write'), launchChromium()]);
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

const open = async ({ url } = product): Promise<Page> => {
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${url}/users`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.locator('strong', { hasText: 'Alan Turing' }).waitFor();
  return page;
};

test('the list behind the API is read, added to and taken from, and no token reaches the page', async () => {
  const page = await open();
  const tokens: string[] = [];
  page.on('request', (request) => {
    if ('authorization' in request.headers()) tokens.push(request.url());
  });
  await page.getByRole('textbox', { name: 'Name' }).fill('Hedy Lamarr');
  await page.keyboard.press('Enter');
  await page.locator('strong', { hasText: 'Hedy Lamarr' }).waitFor();
  await page.getByText('added by ada').waitFor();
  await page.getByRole('status').filter({ hasText: 'Hedy Lamarr is added' }).waitFor();
  await page.getByRole('button', { name: 'Remove Hedy Lamarr' }).click();
  await page.locator('strong', { hasText: 'Hedy Lamarr' }).waitFor({ state: 'detached' });
  await page.getByRole('status').filter({ hasText: 'Hedy Lamarr is removed' }).waitFor();
  expect(tokens).toEqual([]);
  await page.context().close();
});

test('a missing scope is reported, and does not lead to the login', async () => {
  const other = await startProductWithApi('users:read');
  const page = await open(other);
  await page.getByRole('textbox', { name: 'Name' }).fill('Hedy Lamarr');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'lacks the scope users:write' }).waitFor();
  expect(page.url()).toBe(`${other.url}/users`);
  await page.context().close();
  await other.close();
});

test('a session that ended leads to one login, and back to the list', async () => {
  const page = await open();
  await page.context().clearCookies();
  await page.getByRole('textbox', { name: 'Name' }).fill('Hedy Lamarr');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.locator('strong', { hasText: 'Alan Turing' }).waitFor();
  expect(page.url()).toBe(`${product.url}/users`);
  await page.context().close();
});

test('a token that the API does not accept is reported, and does not lead to the login again and again', async () => {
  const other = await startProductWithApi('users:read', 'https://another-api.example');
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${other.url}/users`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByRole('alert').filter({ hasText: 'did not accept the access token' }).waitFor();
  expect(page.url()).toBe(`${other.url}/users`);
  await page.context().close();
  await other.close();
});

test('a person who is not an editor may only read, whatever their page offers', async () => {
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${product.url}/users`);
  await page.getByRole('button', { name: 'Grace Hopper' }).click();
  await page.getByText('You may only read this list').waitFor();
  expect(await page.getByRole('button', { name: 'Add', exact: true }).count()).toBe(0);
  const status = await page.evaluate(async () => (await fetch('/api/users', { method: 'POST' })).status);
  expect(status).toBe(403);
  await page.context().close();
});

test('a form that needs a second step keeps its content while the person takes it', async () => {
  const page = await open();
  await page.getByRole('link', { name: 'Make a recovery code' }).click();
  await page.getByRole('textbox', { name: 'What is it for?' }).fill('the new phone');
  await page.getByRole('button', { name: 'Make a code' }).click();
  await page.getByText('wants a second step').waitFor();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  const form = page.getByRole('textbox', { name: 'What is it for?' });
  await form.waitFor();
  expect(page.url()).toBe(`${product.url}/recovery`);
  expect(await form.inputValue()).toBe('the new phone');
  await page.getByRole('button', { name: 'Make a code' }).click();
  await page.getByText(/The code of the new phone is [0-9a-f]{12}\./).waitFor();
  await page.context().close();
});
