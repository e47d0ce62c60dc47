import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { launchChromium } from '@foyer/testkit';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { RunningProduct } from './start-product.ts';
import { startProductWithApi } from './start-with-api.ts';

/** One picture: a name, and the way from a fresh browser to what it shows. */
interface Shot {
  readonly name: string;
  readonly go: (page: Page, product: RunningProduct) => Promise<unknown>;
}

const signIn = async (page: Page, { url }: RunningProduct, path: string): Promise<void> => {
  await page.goto(`${url}/login?returnTo=${encodeURIComponent(path)}`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByRole('button', { name: 'Logout' }).waitFor();
};

const shots: readonly Shot[] = [
  {
    name: 'home-signed-out',
    go: async (page, { url }) => {
      await page.goto(url);
      await page.getByRole('link', { name: 'Login/Register »' }).waitFor();
    },
  },
  { name: 'home-signed-in', go: (page, product) => signIn(page, product, '/') },
  { name: 'profile', go: (page, product) => signIn(page, product, '/profile') },
  {
    name: 'sessions',
    go: async (page, product) => {
      await signIn(page, product, '/sessions');
      await page.getByText('This browser').waitFor();
    },
  },
  {
    name: 'api-demo',
    go: async (page, product) => {
      await signIn(page, product, '/users');
      await page.locator('strong', { hasText: 'Alan Turing' }).waitFor();
    },
  },
  {
    name: 'not-found',
    go: async (page, { url }) => {
      await page.goto(`${url}/nowhere`);
      await page.getByRole('link', { name: 'Login' }).waitFor();
    },
  },
  {
    name: 'unreachable',
    go: async (page, { url }) => {
      await page.route('**/api/me', (route) => route.fulfill({ status: 503, body: '' }));
      await page.goto(`${url}/profile`);
      await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
  },
  {
    name: 'error-page',
    go: (page, { url }) => page.goto(`${url}/login/callback?state=unknown&code=x`),
  },
  {
    name: 'sign-out-page',
    go: async (page, product) => {
      await signIn(page, product, '/');
      await page.goto(`${product.url}/logout`);
    },
  },
  { name: 'provider-sign-in', go: (page, { url }) => page.goto(`${url}/login`) },
  {
    name: 'provider-sign-out',
    go: async (page, product) => {
      await signIn(page, product, '/');
      await page.getByRole('button', { name: 'Logout' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    },
  },
];

const screens: Readonly<Record<string, BrowserContextOptions>> = {
  'desktop-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'phone-light': { viewport: { width: 360, height: 720 }, colorScheme: 'light', deviceScaleFactor: 2 },
  'phone-dark': { viewport: { width: 360, height: 720 }, colorScheme: 'dark', deviceScaleFactor: 2 },
};

const takeOne = async (
  browser: Browser,
  product: RunningProduct,
  { shot, screen, folder }: { shot: Shot; screen: string; folder: string },
): Promise<void> => {
  const context = await browser.newContext({ ...screens[screen], reducedMotion: 'reduce', locale: 'en-GB' });
  const page = await context.newPage();
  await shot.go(page, product);
  await page.screenshot({ path: join(folder, `${shot.name}-${screen}.png`), fullPage: true });
  await context.close();
};

/** Usage: `pnpm screenshots [folder]`; takes every view on every screen. Default folder: `.screenshots`. */
const folder = resolve(process.argv[2] ?? '.screenshots');
await mkdir(folder, { recursive: true });
const [product, browser] = await Promise.all([
  startProductWithApi('email users:read users:write'),
  launchChromium(),
]);
try {
  for (const shot of shots) {
    await Promise.all(
      Object.keys(screens).map((screen) => takeOne(browser, product, { shot, screen, folder })),
    );
  }
} finally {
  await browser.close();
  await product.close();
}
console.log(`${shots.length * Object.keys(screens).length} screenshots in ${folder}`);
