import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BuiltApp, buildApp } from './build-app.ts';
import { startWith } from './foreign-spa.ts';

let chromium: Browser;

beforeAll(async () => {
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
});

const exceptions = String.raw`/^\/(login|logout|api)(\/|\?|$)/`;

/** The worker of somebody who has never heard of a BFF: every page comes from the cache. */
const byHand = (exception: string): string => `
addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(caches.open('pages').then((cache) => cache.add('/index.html')));
});
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  ${exception === '' ? '' : `if (${exception}.test(pathname)) return event.respondWith(fetch(event.request));`}
  if (event.request.mode === 'navigate') event.respondWith(caches.match('/index.html'));
});`;

const byWorkbox = (exception: string): string => `
import { clientsClaim } from 'workbox-core';
import { createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
skipWaiting();
clientsClaim();
precacheAndRoute([{ url: '/index.html', revision: '1' }]);
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html')${
  exception === '' ? '' : `, { denylist: [${exception}] }`
}));`;

const page = `<!doctype html><html lang="en"><head><title>Works offline</title></head>
<body><p id="who">…</p><a href="/login?returnTo=/deep%3Fx=1">Sign in</a>
<form method="post" action="/logout"><button>Sign out</button></form>
<script type="module" src="/main.js"></script></body></html>`;

const createScript = (registration: string): string => `
const show = (text) => { document.querySelector('#who').textContent = text; };
fetch('/api/me').then((answer) => answer.json())
  .then((me) => show(me.authenticated ? me.displayName : 'no one'), () => show('offline'));
await navigator.serviceWorker.register(${registration});`;

/** The worker keeps its name: it is registered by that. */
const config = `export default { build: { rolldownOptions: {
  input: { main: 'index.html', sw: 'sw.js' },
  output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
} } };`;

const buildWith = (worker: string): Promise<BuiltApp> => {
  const main = createScript("'/sw.js', { type: 'module' }");
  return buildApp({
    files: { 'index.html': page, 'main.js': main, 'vite.config.js': config, 'sw.js': worker },
  });
};

/** What own-spa.md adds to `ngsw-config.json`. */
const readDocumentedExceptions = async (): Promise<object> => {
  const text = await readFile(resolve(import.meta.dirname, '../../../docs/own-spa.md'), 'utf8');
  return JSON.parse(/```json\n([^`]*"navigationUrls"[^`]*)```/.exec(text)?.[1] ?? '');
};

/** As Angular's builder does it: `ngsw-config.json`, as `ng add @angular/pwa` makes it, becomes `ngsw.json` of the build. */
const buildWithAngular = async (additions: object): Promise<BuiltApp> => {
  const built = await buildApp({
    files: { 'index.html': page, 'main.js': createScript("'/ngsw-worker.js'") },
  });
  const file = join(built.dir, '../ngsw-config.json');
  const files = ['/index.html', '/assets/*.js'];
  const assetGroups = [{ name: 'app', installMode: 'prefetch', resources: { files } }];
  await writeFile(file, JSON.stringify({ index: '/index.html', assetGroups, ...additions }));
  const worker = fileURLToPath(import.meta.resolve('@angular/service-worker/ngsw-worker.js'));
  await copyFile(worker, join(built.dir, 'ngsw-worker.js'));
  const generator = resolve(import.meta.dirname, '../node_modules/.bin/ngsw-config');
  await promisify(execFile)(generator, ['dist', 'ngsw-config.json', '/'], { cwd: dirname(file) });
  return built;
};

const builds = {
  'by hand': {
    withException: () => buildWith(byHand(exceptions)),
    without: () => buildWith(byHand('')),
    file: '/sw.js',
  },
  'by Workbox': {
    withException: () => buildWith(byWorkbox(exceptions)),
    without: () => buildWith(byWorkbox('')),
    file: '/sw.js',
  },
  'by Angular': {
    withException: async () => buildWithAngular(await readDocumentedExceptions()),
    without: () => buildWithAngular({}),
    file: '/ngsw.json',
  },
} as const;
const makers = ['by hand', 'by Workbox', 'by Angular'] as const;

/** Opens the page and waits until its worker answers for it. */
const openControlled = async (url: string): Promise<Page> => {
  const opened = await (await chromium.newContext()).newPage();
  await opened.goto(url);
  const isControlled = (): Promise<boolean> => opened.evaluate('navigator.serviceWorker.controller !== null');
  await expect.poll(isControlled).toBe(true);
  // Angular's worker fills its cache after it has taken the page over.
  await expect
    .poll(() => opened.evaluate('caches.match("/index.html", { ignoreSearch: true }).then(Boolean)'))
    .toBe(true);
  return opened;
};

test.for(makers)(
  'a SPA with a service worker made %s that excepts the BFF signs in and out, and opens offline',
  async (made) => {
    await using built = await builds[made].withException();
    const product = await startWith({ SPA_DIR: built.dir });
    expect(product.output).not.toContain('spa_worker_unaware');
    const opened = await openControlled(product.url);
    await opened.getByRole('link', { name: 'Sign in' }).click();
    await opened.getByRole('button', { name: 'Ada Lovelace' }).click();
    await opened.getByText('Ada Lovelace').waitFor();
    expect(opened.url()).toBe(`${product.url}/deep?x=1#`);
    await opened.context().setOffline(true);
    await opened.reload();
    await opened.getByText('offline').waitFor();
    await opened.context().setOffline(false);
    await opened.reload();
    await opened.getByText('Ada Lovelace').waitFor();
    await opened.getByRole('button', { name: 'Sign out' }).click();
    await opened.getByRole('button', { name: 'Sign out', exact: true }).click();
    await opened.getByText('no one').waitFor();
    await opened.context().close();
    await product.close();
  },
);

test.for(makers)(
  'without that exception a service worker made %s shows its page at /login, of which the start warns',
  async (made) => {
    await using built = await builds[made].without();
    const product = await startWith({ SPA_DIR: built.dir });
    expect(product.output).toContain(`"event":"spa_worker_unaware","file":"${builds[made].file}"`);
    const opened = await openControlled(product.url);
    await opened.goto(`${product.url}/login`);
    expect([opened.url(), await opened.title()]).toEqual([`${product.url}/login`, 'Works offline']);
    await opened.context().close();
    await product.close();
  },
);
