import { launchChromium } from '@foyer/testkit';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startProduct } from './start-product.ts';
import { signIn } from './views.ts';

const whoIsThere = (page: Page): Promise<string> =>
  page.evaluate("fetch('/api/me').then((response) => response.text())");

test('ten tabs share one event stream, and all of them hear the end of the session', async () => {
  const [product, chromium] = await Promise.all([startProduct(), launchChromium()]);
  const context = await chromium.newContext();
  const streams: Page[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/me/events')) streams.push(request.frame().page());
  });
  const first = await context.newPage();
  await signIn(first, product, '/');
  const tabs = [first];
  while (tabs.length < 10) {
    const tab = await context.newPage();
    tabs.push(tab);
    await tab.goto(product.url);
    await tab.getByRole('link', { name: 'View Profile »' }).waitFor();
  }
  for (const tab of tabs) expect(await whoIsThere(tab)).toContain('"authenticated":true');
  expect(streams).toEqual([first]);

  const others = tabs.slice(1);
  await first.close();
  await expect.poll(() => streams.length).toBe(2);
  expect(others).toContain(streams[1]);

  // Without the client, so that no tab hears of it from another but by the stream.
  const status = await streams[1]?.evaluate(
    "fetch('/logout', { method: 'POST', headers: { accept: 'application/json' } }).then((r) => r.status)",
  );
  expect(status).toBe(200);
  for (const tab of others) await tab.getByRole('link', { name: 'Login/Register »' }).waitFor();
  await chromium.close();
  await product.close();
});
