import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tourDocumentedPage, writeDocumentedPage } from './documented-page.ts';
import { ask, portOf, startWith, tour } from './foreign-spa.ts';

let chromium: Browser;

beforeAll(async () => {
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
});

/** A page of somebody else's, with three lines of script and nothing of ours. */
const plainPage = (script: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Their own</title></head>
<body><p id="who">…</p><a href="/login?returnTo=/deep%3Fx=1">Sign in</a>
<form method="post" action="/logout"><button>Sign out</button></form>
<script ${script}></script></body></html>`;

const plainScript = `const me = await (await fetch('/api/me')).json();
document.querySelector('#who').textContent = me.authenticated ? me.displayName : 'no one';
document.body.dataset.api = (await fetch('/api/things')).status;`;

test('a plain page with three lines of script, and that of the documentation, sign in, ask and sign out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-plain-'));
  await writeFile(join(folder, 'index.html'), plainPage('type="module" src="/app.js"'));
  await writeFile(join(folder, 'app.js'), plainScript);
  await mkdir(join(folder, 'login'));
  await writeFile(join(folder, 'login', 'index.html'), 'a file named like a route');
  await writeDocumentedPage(folder);
  const product = await startWith({
    SPA_DIR: folder,
  });
  await tour(chromium, product);
  await tourDocumentedPage(chromium, product);
  await product.close();
  await rm(folder, { recursive: true });
});

test('the same page from a plain static dev server works as well', async () => {
  const statics = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? plainScript : plainPage('type="module" src="/app.js"'));
  }).listen(0, '127.0.0.1');
  await once(statics, 'listening');
  const product = await startWith({
    SPA_DIR: '',
    SPA_DEV_SERVER: `http://127.0.0.1:${portOf(statics)}`,
  });
  await tour(chromium, product);
  await product.close();
  statics.closeAllConnections();
  statics.close();
});

const hashScript = `const show = async () => {
  document.querySelector('#view').textContent = 'View ' + (location.hash || '#/');
  document.querySelector('#in').href = '/login?returnTo=' + encodeURIComponent(location.pathname + location.hash);
  const me = await (await fetch('/api/me')).json();
  document.querySelector('#who').textContent = me.authenticated ? me.displayName : 'no one';
};
addEventListener('hashchange', show);
show();`;

test('a SPA that keeps its routes behind the hash comes back from the sign-in to the very view', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-hash-'));
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><title>Hashes</title><p id="view"></p><p id="who"></p><a href="#/notes/7?tab=2">Notes</a>
     <a id="in">Sign in</a><form method="post" action="/logout"><button>Sign out</button></form>
     <script type="module" src="app.js"></script>`,
  );
  await writeFile(join(folder, 'app.js'), hashScript);
  const product = await startWith({ SPA_DIR: folder });
  const page = await (await chromium.newContext()).newPage();
  await page.goto(product.url);
  await page.getByText('no one').waitFor();
  await page.getByRole('link', { name: 'Notes' }).click();
  await page.getByText('View #/notes/7?tab=2').waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('Ada Lovelace').waitFor();
  expect(page.url()).toBe(`${product.url}/#/notes/7?tab=2`);
  await page.reload();
  await page.getByText('View #/notes/7?tab=2').waitFor();
  await page.getByText('Ada Lovelace').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('no one').waitFor();
  await page.context().close();
  await product.close();
  await rm(folder, { recursive: true });
});

/** A SPA on a host of its own: every page is the same empty one. */
const startPages = async (): Promise<Server> => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>SPA</title><p>A page</p>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

/** Whether a script of this page may open a WebSocket, and the code that it is closed with later. */
const openWebSocket = (page: Page, url: string): Promise<string> =>
  page.evaluate(`new Promise((done) => {
    const socket = new WebSocket('${url}');
    window.cut = new Promise((resolve) => { socket.onclose = ({ code }) => { resolve(code); done('refused'); } });
    socket.onopen = () => done('open');
  })`);

test('a SPA on a sibling host signs in, asks, calls, notices the end and signs out; a stranger gets nothing', async () => {
  const pages = await startPages();
  const spa = `http://app.foyer.localhost:${portOf(pages)}`;
  const stranger = `http://evil.localhost:${portOf(pages)}`;
  const product = await startWith({ ALLOWED_ORIGINS: spa }, (url) =>
    url.replace('//localhost', '//api.foyer.localhost'),
  );
  const api = product.url.replace('//localhost', '//api.foyer.localhost');
  const page = await (await chromium.newContext()).newPage();

  await page.goto(spa);
  expect(await ask(page, `${api}/api/me`)).toBe('200 {"authenticated":false,"loginUrl":"/login"}');
  await page.goto(`${api}/login?returnTo=${encodeURIComponent(`${spa}/after?x=1#part`)}`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByText('A page').waitFor();
  expect(page.url()).toBe(`${spa}/after?x=1#part`);
  expect(await ask(page, `${api}/api/me`)).toContain('"displayName":"Ada Lovelace"');
  expect(
    await ask(page, `${api}/api/nothing`, "method: 'PUT', headers: { 'content-type': 'application/json' }"),
  ).toMatch(/^404 .*"code":"not_found"/);

  const write = "method: 'DELETE', headers: { 'x-of-the-page': '1' }";
  expect(await ask(page, `${api}/api/things/1`, write)).toBe('200 ok');
  const live = `${api.replace('http', 'ws')}/api/things`;
  expect(await openWebSocket(page, live)).toBe('open');

  const other = await page.context().newPage();
  await other.goto(stranger);
  expect(await ask(other, `${api}/api/me`)).toBe('refused');
  expect(await ask(other, `${api}/logout`, "method: 'POST'")).toBe('refused');
  expect(await ask(other, `${api}/api/things/1`, write)).toBe('refused');
  expect(await openWebSocket(other, live)).toBe('refused');
  expect(await ask(page, `${api}/api/me`)).toContain('"authenticated":true');

  await page.evaluate(`new Promise((opened) => {
    const source = new EventSource('${api}/api/me/events', { withCredentials: true });
    window.ended = new Promise((done) => source.addEventListener('signed-out', (event) => done(event.data)));
    source.onopen = () => opened();
  })`);
  const answer = await ask(page, `${api}/logout`, "method: 'POST', headers: { accept: 'application/json' }");
  expect(answer).toMatch(/^200 \{"redirectTo":"http/);
  expect(await page.evaluate('window.ended')).toBe('{"reason":"logout"}');
  expect(await page.evaluate('window.cut')).toBe(4401);
  expect(await ask(page, `${api}/api/me`)).toContain('"authenticated":false');

  await page.context().close();
  await product.close();
  pages.closeAllConnections();
  pages.close();
});
