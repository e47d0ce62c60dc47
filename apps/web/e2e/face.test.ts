import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { launchChromium } from '@foyer/testkit';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { examinePage, findMotion, watchShifts } from './examine-page.ts';
import { type ProductOfViews, signIn, startProductOfViews, views } from './views.ts';

/** What people see, on the built SPA. `pnpm screenshots` examines every view on every screen; here each has one. */

let product: ProductOfViews;
let chromium: Browser;
let signedIn: BrowserContext;

beforeAll(async () => {
  [product, chromium] = await Promise.all([startProductOfViews(), launchChromium()]);
  signedIn = await chromium.newContext();
  const page = await signedIn.newPage();
  await signIn(page, product, '/');
  await page.close();
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

const phone = { size: { width: 320, height: 640 }, colorScheme: 'light' } as const;
const desktop = { size: { width: 1280, height: 800 }, colorScheme: 'dark' } as const;

const open = async (context: BrowserContext, path: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(product.url + path);
  return page;
};

test.for(views.map((view, index) => [view.name, view, index % 2 ? desktop : phone] as const))(
  '%s: no finding of axe, no layout shift, nothing too wide, no stranger asked, nothing moves where motion is reduced',
  async ([, view, { size, colorScheme }]) => {
    const context = view.isSignedIn ? signedIn : await chromium.newContext();
    const page = await context.newPage();
    const strangers: string[] = [];
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (![product.url, product.choiceUrl, product.provider.issuer].includes(origin) && protocol !== 'data:')
        strangers.push(request.url());
    });
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await watchShifts(page);
    await view.go(page, product);
    expect(await examinePage(page)).toEqual([]);
    expect(await findMotion(page)).toEqual([]);
    expect(strangers).toEqual([]);
    await (view.isSignedIn ? page : context).close();
  },
);

test('the shape of a page that is loading, and the page after it, move where motion is welcome, and not where it is reduced', async () => {
  const page = await signedIn.newPage();
  const held = Promise.withResolvers<void>();
  await page.route(/\/api\/me(\?|$)/, async (route) => {
    await held.promise;
    await route.continue();
  });
  const motion = async (reducedMotion: 'reduce' | 'no-preference'): Promise<string> => {
    await page.emulateMedia({ reducedMotion });
    return (await findMotion(page)).join('\n');
  };
  await page.goto(product.url);
  await page.locator('.skeleton').first().waitFor();
  expect(await motion('no-preference')).toContain('skeleton control: animation');
  expect(await motion('reduce')).toBe('');
  held.resolve();
  await page.getByText('View Profile »').waitFor();
  expect(await motion('no-preference')).toContain('button: transition');
  expect(await motion('reduce')).toBe('');
  await page.close();
});

test('the panel of the home page changes at sign-in: it names the sealed cookie and its size as the browser has them', async () => {
  const context = await chromium.newContext();
  const page = await open(context, '/');
  const panel = page.getByRole('region', { name: 'What this browser holds' });
  await panel.getByText('none before you sign in').waitFor();
  const before = await panel.boundingBox();
  await signIn(page, product, '/');
  await panel.getByText(/^\d+ bytes$/).waitFor();
  const { name, value } = (await context.cookies()).find(({ sameSite }) => sameSite === 'Strict') ?? {};
  const shown = await panel.textContent();
  expect(shown).toContain(name);
  expect(shown).toContain(`${`${name}${value}`.length} bytes`);
  expect(shown).toContain('Readable cookies0Web');
  expect(await panel.boundingBox()).toEqual(before);
  await page.request.post(`${product.url}/logout`, { headers: { 'x-csrf': '1' } });
  await context.close();
});

test('nothing of the provider’s sign-in page moves when its HTML arrives in parts', async () => {
  const page = await chromium.newPage({ viewport: phone.size });
  await page.goto(`${product.url}/login`);
  const [start = '', ...others] = (await page.content()).split('</button>');
  const answers: ServerResponse[] = [];
  const slow = createServer((_request, response) => {
    answers.push(response.setHeader('content-type', 'text/html'));
    response.write(start);
  }).listen(0, '127.0.0.1');
  await once(slow, 'listening');
  await watchShifts(page);
  const { port } = Object(slow.address());
  await page.goto(`http://127.0.0.1:${port}`, { waitUntil: 'commit' });
  const frame = (): Promise<unknown> =>
    page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  for (const part of others) {
    await page.locator('.person button').last().waitFor();
    await frame();
    answers[0]?.write(`</button>${part}`);
  }
  answers[0]?.end();
  await page.waitForLoadState();
  await frame();
  expect(await page.evaluate('window.shifts')).toEqual([]);
  slow.close();
  await page.close();
});

test('one round trip after its HTML a page says who is signed in: asked before any script has come, and once', async () => {
  const page = await signedIn.newPage();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (/\/api\/me(\?|$)/.test(request.url())) asked.push(request.url());
  });
  const scripts: string[] = [];
  await page.route('**/*.js', async (route) => {
    scripts.push(route.request().url());
    await expect.poll(() => asked).toHaveLength(1);
    // What the HTML does not name would be another round trip.
    if (scripts.length > 1) await route.abort();
    else await route.continue();
  });
  await page.goto(product.url);
  await page.getByRole('link', { name: 'Logged in as: Ada Lovelace' }).waitFor();
  expect(asked).toEqual([`${product.url}/api/me`]);
  await page.close();
});

test('a view is loaded before it is opened, and one that cannot be loaded says why', async () => {
  const page = await signedIn.newPage();
  const fetched = page.waitForResponse(/\/sessions-.*\.js$/);
  await page.goto(`${product.url}/profile`);
  await (await fetched).finished();
  await page.route('**/*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Where you are signed in' }).click();
  await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
  await page.unroute('**/*.js');
  await page.route('**/not-found-*.js', (route) => route.abort());
  await page.goto(`${product.url}/nowhere`);
  await page.getByRole('heading', { name: 'The server cannot be reached' }).waitFor();
  await page.close();
});

test('title, focus and the mark of the current page move with the route', async () => {
  const page = await open(signedIn, '/');
  const focused = (): Promise<unknown> => page.evaluate('document.activeElement?.textContent');
  await page.getByRole('link', { name: 'View Profile »' }).press('Enter');
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await expect.poll(focused).toBe('Welcome Ada Lovelace!');
  expect(await page.title()).toBe('Profile · Plusauth Starter Template');
  expect(await page.locator('[aria-current=page]').textContent()).toBe('Logged in as: Ada Lovelace');
  await page.getByRole('link', { name: 'Where you are signed in' }).press('Enter');
  await expect.poll(() => page.title()).toBe('Sessions · Plusauth Starter Template');
  expect(await page.evaluate('document.activeElement?.tagName')).toBe('H1');
  await page.close();
});

test('the account menu opens by keyboard, leads to a view and closes there', async () => {
  const page = await open(signedIn, '/');
  const item = page.getByRole('link', { name: 'Sessions' });
  const menu = page.getByRole('button', { name: 'Account menu' });
  await menu.press('Enter');
  await item.waitFor();
  await page.keyboard.press('Escape');
  await item.waitFor({ state: 'hidden' });
  await menu.press('Enter');
  await item.press('Enter');
  await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
  await item.waitFor({ state: 'hidden' });
  await page.close();
});

test('after a session is ended from the list the focus is on the list, and the end is announced', async () => {
  const elsewhere = await chromium.newContext();
  await signIn(await elsewhere.newPage(), product, '/');
  const page = await open(signedIn, '/sessions');
  const rows = page.locator('li');
  await expect.poll(() => rows.count()).toBe(2);
  await page.getByRole('button', { name: /^Sign out Chrom/ }).press('Enter');
  await page.getByRole('status').filter({ hasText: 'is signed out' }).waitFor();
  expect(await rows.count()).toBe(1);
  expect(await page.evaluate('document.activeElement?.className')).toBe('list');
  await page.close();
  await elsewhere.close();
});

test('the portrait is the picture where it may load, and the initials where it may not', async () => {
  const page = await signedIn.newPage();
  let picture = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')}`;
  await page.route(/\/api\/me(\?.*)?$/, async (route) => {
    const me = await (await route.fetch()).json();
    await route.fulfill({ json: { ...me, user: { ...me.user, picture } } });
  });
  const shown = (): Promise<unknown> =>
    page.evaluate(
      "(({ tagName, naturalWidth, textContent }) => [tagName, naturalWidth ?? textContent])(document.querySelector('.portrait'))",
    );
  await page.goto(`${product.url}/profile`);
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await expect.poll(shown).toEqual(['IMG', 9]);
  // The page's policy lets no picture of another origin in.
  picture = 'https://pictures.example/ada.png';
  await page.reload();
  await page.getByRole('heading', { name: 'Welcome Ada Lovelace!' }).waitFor();
  await expect.poll(shown).toEqual(['SPAN', 'AL']);
  await page.close();
});

test('the keyboard reaches the content past the bar, and copies the user object', async () => {
  await signedIn.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await open(signedIn, '/profile');
  await page.getByRole('heading', { name: 'User object:' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement?.id')).toBe('main');
  await page.getByRole('button', { name: 'Copy the user object' }).press('Enter');
  await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  const copied: string = await page.evaluate('navigator.clipboard.readText()');
  expect(JSON.parse(copied)).toMatchObject({ sub: 'ada' });
  await page.close();
});

test('from right to left the page mirrors and is no wider; on paper it is dark on light', async () => {
  const page = await open(signedIn, '/profile');
  await page.getByRole('heading', { name: 'User object:' }).waitFor();
  const left = async (): Promise<number> => (await page.locator('.brand').boundingBox())?.x ?? 0;
  const before = await left();
  await page.evaluate("document.documentElement.dir = 'rtl'");
  expect(await left()).toBeGreaterThan(before + 300);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(await page.evaluate("getComputedStyle(document.querySelector('pre')).direction")).toBe('ltr');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await page.locator('header').isVisible()).toBe(false);
  expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(24, 32, 43)');
  await page.close();
});

test('a name of any length leaves the bar as high as it was, and the page no wider', async () => {
  const page = await open(signedIn, '/');
  const bar = page.locator('header');
  await page.getByRole('link', { name: 'Logged in as: Ada Lovelace' }).waitFor();
  const before = await bar.boundingBox();
  await page.route('**/api/me', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), displayName: 'Ada '.repeat(90) } });
  });
  await page.reload();
  await page.getByRole('link', { name: /Ada Ada/ }).waitFor();
  expect(await bar.boundingBox()).toEqual(before);
  await page.close();
});

const long = 'Wolfeschlegelsteinhausenbergerdorff';

test.for([
  ['a long name and address', { name: long, email: `${long}@${long}.example.com`, email_verified: true }],
  ['a name from right to left', { name: 'ليلى بنت عبد الله', groups: ['محررون'] }],
  [
    'forty claims',
    Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`urn:example:${long}:${n}`, [n]])),
  ],
  ['nothing but an identifier', {}],
] as const)('a profile with %s fits a phone, the open menu too', async ([, claims]) => {
  const page = await signedIn.newPage();
  await page.setViewportSize(phone.size);
  await page.route(/\/api\/me(\?.*)?$/, async (route) => {
    const me = await (await route.fetch()).json();
    const user = { sub: me.user.sub, ...claims };
    await route.fulfill({ json: { ...me, user, displayName: 'name' in claims ? claims.name : 'u' } });
  });
  await page.goto(`${product.url}/profile`);
  await page.getByRole('heading', { name: 'User object:' }).waitFor();
  await page.getByRole('button', { name: 'Account menu' }).click();
  const menu = await page.locator('.menu').boundingBox();
  expect(menu?.x).toBeGreaterThan(0);
  expect((menu?.x ?? 0) + (menu?.width ?? 0)).toBeLessThan(320);
  expect(await examinePage(page)).toEqual([]);
  await page.close();
});

test('without JavaScript the page says that it needs it, in the same look', async () => {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: phone.size });
  const page = await open(context, '/profile');
  const heading = page.getByRole('heading', { name: 'This page needs JavaScript' });
  expect((await heading.boundingBox())?.x).toBe(16);
  await context.close();
});
