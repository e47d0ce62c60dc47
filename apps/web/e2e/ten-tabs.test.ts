import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
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

const whoIsThere = (page: Page): Promise<string> =>
  page.evaluate("fetch('/api/me').then((response) => response.text())");

/** Signs out without the client, so that no tab hears of it from another but by the stream. */
const signOut = (page: Page): Promise<number> =>
  page.evaluate(
    "fetch('/logout', { method: 'POST', headers: { accept: 'application/json' } }).then((r) => r.status)",
  );

/** Ten signed-in tabs of a browser that first runs a script in each; `streams` are the tabs that asked for events. */
const openTabs = async (script = '') => {
  const context = await chromium.newContext();
  onTestFinished(() => context.close());
  await context.addInitScript(script);
  const streams: Page[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/me/events')) streams.push(request.frame().page());
  });
  const first = await context.newPage();
  await signIn(first, product, '/');
  const openTab = async (): Promise<Page> => {
    const tab = await context.newPage();
    await tab.goto(product.url);
    await tab.getByRole('link', { name: 'View Profile »' }).waitFor();
    return tab;
  };
  const others = await Promise.all(Array.from({ length: 9 }, openTab));
  for (const tab of [first, ...others]) expect(await whoIsThere(tab)).toContain('"authenticated":true');
  return { first, others, streams };
};

test('ten tabs share one event stream, and all of them notice the end of the session', async () => {
  const { first, others, streams } = await openTabs();
  expect(streams).toEqual([first]);

  await first.close();
  await expect.poll(() => streams.length).toBe(2);
  const [, second = first] = streams;
  expect(others).toContain(second);

  expect(await signOut(second)).toBe(200);
  for (const tab of others) await tab.getByRole('link', { name: 'Login/Register »' }).waitFor();
});

test('a tab that crashes leaves the event stream to another', async () => {
  const { first, others, streams } = await openTabs();
  const crashed = first.waitForEvent('crash');
  await first.goto('chrome://crash').catch(() => undefined);
  await crashed;
  await expect.poll(() => streams.length).toBe(2);
  expect(await signOut(streams[1] ?? first)).toBe(200);
  for (const tab of others) await tab.getByRole('link', { name: 'Login/Register »' }).waitFor();
});

test.for([
  {
    without: 'Web Locks',
    script: "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })",
  },
  { without: 'BroadcastChannel', script: 'window.BroadcastChannel = undefined' },
])('ten tabs of a browser without $without work, and hear the end or ask for it', async ({ script }) => {
  const { first, others } = await openTabs(script);
  expect(await signOut(first)).toBe(200);
  for (const tab of others) await tab.evaluate("dispatchEvent(new Event('online'))");
  for (const tab of others) await tab.getByRole('link', { name: 'Login/Register »' }).waitFor();
});
