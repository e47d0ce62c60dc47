import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort, launchChromium } from '@foyer/testkit';
import type { Browser } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWith, tour } from './foreign-spa.ts';

let chromium: Browser;

beforeAll(async () => {
  chromium = await launchChromium();
});

afterAll(async () => {
  await chromium.close();
});

const spas = resolve(import.meta.dirname, 'spas');
const modules = resolve(import.meta.dirname, '../node_modules');

/** A folder with the template in it, as if it had been generated there. */
const generate = async (template: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), `foyer-${template}-`));
  await cp(join(spas, template), folder, { recursive: true });
  await symlink(modules, join(folder, 'node_modules'));
  return folder;
};

test.for(['vue', 'svelte'])(
  'a build of the template of %s signs in, asks, calls an API and signs out',
  async (template) => {
    const folder = await generate(template);
    await promisify(execFile)(
      process.execPath,
      [join(modules, 'vite/bin/vite.js'), 'build', '--logLevel', 'error'],
      {
        cwd: folder,
        env: { PATH: process.env.PATH },
      },
    );
    const product = await startWith({ SPA_DIR: join(folder, 'dist') });
    await tour(chromium, product);
    await product.close();
    await rm(folder, { recursive: true });
  },
);

test('behind Vite an edited file changes the page in place, by a WebSocket through the BFF that comes back when it is cut', async () => {
  const folder = await generate('vue');
  const port = await freePort();
  const vite = await createServer({
    root: folder,
    cacheDir: join(folder, '.vite'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port, strictPort: true, fs: { strict: false } },
  });
  await vite.listen();
  const product = await startWith({ SPA_DIR: '', SPA_DEV_SERVER: `http://127.0.0.1:${port}` });
  const page = await (await chromium.newContext()).newPage();
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(new URL(socket.url()).host));
  await page.goto(product.url);
  await page.getByText('no one').waitFor();
  await expect.poll(() => sockets).toEqual([new URL(product.url).host]);
  // What is edited before the page listens, or before Vite watches, would change nothing.
  const source = join(folder, 'src');
  await expect
    .poll(() => [vite.ws.clients.size, vite.watcher.getWatched()[source]])
    .toEqual([1, expect.arrayContaining(['App.vue'])]);
  await page.evaluate('window.before = true');
  const file = join(source, 'App.vue');
  await writeFile(file, (await readFile(file, 'utf8')).replace('no one', 'not signed in'));
  await page.getByText('not signed in').waitFor();
  expect(await page.evaluate('window.before')).toBe(true);
  // As when the BFF starts again: Vite's client waits in a worker, which a policy without blob: forbade.
  for (const { socket } of vite.ws.clients) socket.terminate();
  await expect.poll(() => page.evaluate('window.before').catch(() => 'between two pages')).toBeUndefined();
  await page.getByText('not signed in').waitFor();
  await page.context().close();
  await product.close();
  await vite.close();
  await rm(folder, { recursive: true });
});
