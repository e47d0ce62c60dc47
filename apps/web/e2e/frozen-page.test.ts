import { launchChromium } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { startProduct } from './start-product.ts';
import { signIn } from './views.ts';

/** Notes how a page comes back, and what it shows then. */
const noteReturns = `addEventListener('pageshow', ({ persisted }) => {
  window.returned = { persisted, shows: document.body.innerText };
});`;

test('a page that the browser froze shows nothing private when it is brought back after the session', async () => {
  const [product, chromium] = await Promise.all([startProduct(), launchChromium({ freezesPages: true })]);
  const page = await (await chromium.newContext()).newPage();
  await page.addInitScript(noteReturns);
  await signIn(page, product, '/profile');
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await page.goto(`${product.provider.issuer}/healthz`);
  await page.route(/\/login\?/, (route) => route.fulfill({ status: 204 }));
  await page.context().clearCookies();
  await page.goBack({ waitUntil: 'commit' });
  await page.getByText('You are signed out').waitFor();
  const returned = await page.evaluate<{ persisted: boolean; shows: string }>('window.returned');
  expect(returned.persisted).toBe(true);
  expect(returned.shows).not.toContain('Ada');
  await chromium.close();
  await product.close();
});
