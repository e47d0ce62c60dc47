import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

/** As Workbox's generateSW prints it, and vite-plugin-pwa with it. */
const workbox = (options = ''): string =>
  `define(["./workbox-9c191d2f"],function(e){e.precacheAndRoute([{url:"index.html",revision:"1"}],{}),e.registerRoute(new e.NavigationRoute(e.createHandlerBoundToURL("index.html")${options}))});`;

/** As Angular prints `navigationUrls`, with its defaults. */
const angular = (...more: readonly object[]): string =>
  JSON.stringify({
    index: '/index.html',
    navigationUrls: [
      { positive: true, regex: '^\\/.*$' },
      { positive: false, regex: '^\\/(?:.+\\/)?[^/]*\\.[^/]*$' },
      ...more,
    ],
  });

/** As Angular prints `!/login` and its like. Its worker takes the path that it is registered for off what it compares. */
const except = (path: string): object => ({ positive: false, regex: `^\\/${path}$` });

const byHand = (exception = ''): string =>
  `addEventListener('fetch', (event) => { ${exception} event.respondWith(caches.match('/index.html')); });`;

test.for([
  { name: 'Workbox without a deny list', file: 'sw.js', content: workbox(), warned: ['/sw.js'] },
  {
    name: 'Workbox with one',
    file: 'sw.js',
    content: workbox(',{denylist:[/^\\/(login|logout|api)/]}'),
    warned: [],
  },
  {
    name: 'Workbox without one that keeps a view for the sign-in',
    file: 'sw.js',
    content: workbox().replace('{url:', '{url:"assets/login-DkU9.js",revision:null},{url:'),
    warned: ['/sw.js'],
  },
  { name: 'Angular’s defaults', file: 'ngsw.json', content: angular(), warned: ['/ngsw.json'] },
  {
    name: 'Angular’s with an exception',
    file: 'ngsw.json',
    content: angular(except('log(?:in|out)(?:\\/.*)?'), except('api\\/.*')),
    warned: [],
  },
  {
    name: 'Angular’s with an exception that has the path of the build',
    file: 'ngsw.json',
    content: angular(except('app\\/.*')),
    warned: ['/ngsw.json'],
  },
  {
    name: 'Angular’s with one that leaves out the way back',
    file: 'ngsw.json',
    content: angular(except('log(?:in|out)'), except('api\\/.*')),
    warned: ['/ngsw.json'],
  },
  {
    name: 'Angular’s with one that leaves out the sign-out',
    file: 'ngsw.json',
    content: angular(except('login(?:\\/.*)?'), except('api\\/.*')),
    warned: ['/ngsw.json'],
  },
  {
    name: 'Angular’s with one that leaves out the APIs',
    file: 'ngsw.json',
    content: angular(except('log(?:in|out)(?:\\/.*)?')),
    warned: ['/ngsw.json'],
  },
  {
    name: 'a hand-written one',
    file: 'service-worker.js',
    content: byHand(),
    warned: ['/service-worker.js'],
  },
  {
    name: 'a hand-written one with an exception',
    file: 'service-worker.js',
    content: byHand('if (/^.app.(login|logout|api)/.test(new URL(event.request.url).pathname)) return;'),
    warned: [],
  },
  {
    name: 'one that is larger than what is kept in memory',
    file: 'sw.js',
    content: workbox().replace('{url:', `${'{url:"assets/a.js",revision:null},'.repeat(10_000)}{url:`),
    warned: ['/sw.js'],
  },
  {
    name: 'one for notifications alone',
    file: 'sw.js',
    content: "addEventListener('push', (event) => registration.showNotification(event.data.text()));",
    warned: [],
  },
])(
  'a build whose service worker would answer for the BFF is warned of: $name',
  async ({ file, content, warned }) => {
    const folder = await mkdtemp(join(tmpdir(), 'foyer-worker-'));
    await writeFile(join(folder, 'index.html'), '<!doctype html>');
    await writeFile(join(folder, file), content);
    const bff = await startBff({ spa: { dir: folder } }, {}, '/app');
    const warnings = bff.log.filter(({ event }) => event === 'spa_worker_unaware');
    expect(warnings.map((line) => [line.level, line.file])).toEqual(warned.map((each) => [40, each]));
    await bff[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  },
);

test.for([
  { name: 'a pattern that is no regular expression', content: angular({ positive: false, regex: '(' }) },
  { name: 'a pattern without its kind', content: angular({ regex: '^.*$' }) },
  { name: 'no JSON', content: '{' },
])('an Angular manifest with $name is warned of by name', async ({ content }) => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-worker-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'ngsw.json'), content);
  const bff = await startBff({ spa: { dir: folder } });
  const warnings = bff.log.filter(({ level }) => Number(level) >= 40);
  expect(warnings).toMatchObject([{ event: 'spa_worker_unreadable', file: '/ngsw.json', err: {} }]);
  await bff[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
