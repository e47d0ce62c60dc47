import { mkdtempSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBrowser, freePort, launchChromium } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApplication, writeApplication } from './kit/application.ts';
import {
  createProduct,
  createProductWith,
  findMissingPackages,
  findTemplateRests,
  startProduct,
  startWithProvider,
} from './kit/product.ts';
import { packRelease, startRegistry } from './kit/releases.ts';
import { buildPackages, npmInstall, root, run } from './kit/tarballs.ts';

const folder = mkdtempSync(join(tmpdir(), 'foyer-tarballs-'));
const kinds = ['react', 'vue', 'svelte', 'html', 'none'] as const;
let chromium: Browser;

const readVersion = async (manifest: string): Promise<string> =>
  JSON.parse(await readFile(manifest, 'utf8')).version;

beforeAll(async () => {
  const launching = launchChromium();
  await buildPackages(folder);
  // One installation for all products, as workspaces of npm: it reads each manifest, and fetches what they share once.
  const members = [
    ...kinds.filter((kind) => kind !== 'none').map((kind) => `with-${kind}`),
    'fastify-newest',
  ];
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, workspaces: members }));
  await writeApplication(folder, join(folder, 'fastify-newest'), '5');
  const version = await readVersion(`${root}packages/fastify/package.json`);
  await packRelease(folder, { version, mark: '// older' }, join(folder, 'older'));
  const command = join(folder, 'command');
  await mkdir(command);
  await run('tar', ['xzf', join(folder, 'create-foyer.tgz'), '-C', command], folder);
  await createProduct(folder, join(folder, 'with-react'));
  for (const spa of ['vue', 'svelte', 'html'])
    await createProductWith(command, folder, join(folder, `with-${spa}`), spa);
  await createProductWith(command, join(folder, 'older'), join(folder, 'with-none'), 'none');
  await writeApplication(folder, join(folder, 'fastify-oldest'), '5.0.0');
  await Promise.all([
    npmInstall(folder),
    npmInstall(join(folder, 'fastify-oldest'), '--workspaces=false'),
    npmInstall(join(folder, 'with-none'), '--workspaces=false'),
  ]);
  chromium = await launching;
}, 300_000);

afterAll(async () => {
  await chromium?.close();
  await rm(folder, { recursive: true });
});

test.for(['oldest', 'newest'])(
  'the tarballs install beside the %s Fastify 5, fit its types, and sign people in',
  { timeout: 180_000 },
  async (age) => {
    const project = join(folder, `fastify-${age}`);
    await run(`${root}node_modules/.bin/tsc`, ['-p', project], project);
    await using running = await startApplication(project);
    const { url, printed } = running;
    expect(printed.errors).toBe('');
    const browser = createBrowser();
    await browser.visit(`${url}/login`, { from: `${url}/` });
    const page = await browser.submit({ button: 'Ada Lovelace' });
    expect([page.url, page.text]).toEqual([`${url}/#`, 'their own page']);
    const hello = await browser.fetch('/hello');
    expect([hello.status, await hello.json()]).toEqual([200, { hello: 'ada' }]);
    expect((await fetch(`${url}/hello`)).status).toBe(401);
    await expect
      .poll(() => printed.log)
      .toMatch(/"requestId":"[^"]+","method":"GET","route":"\/hello","status":401/);
    expect(printed.log).not.toContain('incoming request');
  },
);

test('what is published takes later versions of its dependencies, and the host’s Fastify', async () => {
  const manifest = JSON.parse(
    await run('tar', ['xzOf', `${folder}/fastify.tgz`, 'package/package.json'], folder),
  );
  const { '@foyer/contract': contract, ...ranges } = manifest.dependencies;
  expect(contract).toBe(manifest.version);
  for (const range of Object.values(ranges)) expect(range).toMatch(/^\^\d/);
  expect(manifest.peerDependencies.fastify).toBe('^5.0.0');
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(['@fastify/http-proxy', 'ioredis']);
});

test.for(kinds)(
  'a product with %s names what it imports, and nothing of a template is left in it',
  async (spa) => {
    const product = join(folder, `with-${spa}`);
    expect(await findMissingPackages(product)).toEqual([]);
    expect(await findTemplateRests(product)).toEqual([]);
  },
);

/** Signs Ada in, beginning at the product's own link; returns the page. */
const signInWithChromium = async (url: string): Promise<Page> => {
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('link', { name: /^(Login|Sign in)$/ }).click();
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.waitForURL(({ href }) => href.replace('#', '') === `${url}/`);
  return page;
};

test('a product with React type-checks, passes its own test, builds, and signs in as it is developed', {
  timeout: 300_000,
}, async () => {
  const product = join(folder, 'with-react');
  for (const script of ['typecheck', 'test', 'build']) await run('npm', ['run', script], product);
  await using running = await startProduct(product, 'dev', { PORT: String(await freePort()) });
  await expect.poll(running.output).toContain(`Open     ${running.url}`);
  expect(await (await fetch(running.url)).text()).toContain('<title>With React</title>');
  const again = run('env', [`PORT=${new URL(running.url).port}`, 'npm', 'run', 'dev'], product);
  await expect(again).rejects.toThrow(/Something answers on port \d+ already: stop it, or choose another/);
  const refused = await fetch(`${running.url}/login/callback`, { headers: { accept: 'text/html' } });
  expect(await refused.text()).toContain('<header>With React</header>');
  const page = await signInWithChromium(running.url);
  await page.getByText('Logged in as: Ada Lovelace').waitFor();
  await page.getByRole('link', { name: 'See an API behind it' }).click();
  await page.getByText('{"hello":"Ada Lovelace"}').waitFor();
});

test.for(['vue', 'svelte', 'html'])(
  'a product with %s type-checks, builds, and signs in and out as built',
  {
    timeout: 300_000,
  },
  async (spa) => {
    const product = join(folder, `with-${spa}`);
    for (const script of ['typecheck', 'build']) await run('npm', ['run', script], product);
    await using running = await startWithProvider(product);
    const page = await signInWithChromium(running.url);
    await page.getByText('Logged in as: Ada Lovelace').waitFor();
    expect(await page.title()).toBe(`With ${spa[0]?.toUpperCase()}${spa.slice(1)}`);
    const outage = await page.context().newPage();
    await outage.route('**/api/me', (route) => route.fulfill({ status: 503, json: {} }));
    await outage.goto(running.url);
    await outage.getByText('The server cannot be reached').waitFor();
    expect(await outage.getByRole('link', { name: 'Login' }).isVisible()).toBe(false);
    await outage.close();
    await page.getByRole('button', { name: 'Logout' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Login' }).waitFor();
  },
);

/** The commands of docs/upgrading.md for a product: with packages of a registry, and with tarballs. */
const readUpgrades = async (): Promise<readonly string[]> => {
  const page = await readFile(`${root}docs/upgrading.md`, 'utf8');
  const section = page.split('## A product made with npm create\n')[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, commands = '']) => commands);
};

const follow = (commands: string, product: string): Promise<string> =>
  run(
    'env',
    ['npm_config_prefer_offline=true', 'npm_config_ignore_scripts=true', 'sh', '-ec', commands],
    product,
  );

test('a product without a SPA follows new versions as the page says, type-checks, passes its own test, and signs in', {
  timeout: 300_000,
}, async () => {
  const product = join(folder, 'with-none');
  const plugin = join(product, 'node_modules/@foyer/fastify');
  const installed = async (): Promise<readonly string[]> => [
    await readVersion(join(plugin, 'package.json')),
    (await readFile(join(plugin, 'dist/index.js'), 'utf8')).split('\n').at(-1) ?? '',
  ];
  const version = await readVersion(`${root}packages/fastify/package.json`);
  const [fromRegistry = '', fromTarballs = ''] = await readUpgrades();

  expect(await installed()).toEqual([version, '// older']);
  for (const name of await readdir(join(product, 'packages')))
    await cp(join(folder, name), join(product, 'packages', name));
  await npmInstall(product, '--workspaces=false');
  expect(await installed()).toEqual([version, '// older']);
  await follow(fromTarballs, product);
  expect(await installed()).toEqual([version, '']);

  await packRelease(folder, { version: '9.0.0', mark: '// newer' }, join(folder, 'newer'));
  await using registry = await startRegistry(join(folder, 'newer'), '9.0.0');
  await writeFile(join(product, '.npmrc'), `@foyer:registry=${registry.address}`);
  await follow(fromRegistry, product);
  expect(await installed()).toEqual(['9.0.0', '// newer']);

  await run('npm', ['run', 'typecheck'], product);
  await using running = await startWithProvider(product);
  const page = await signInWithChromium(running.url);
  await page.getByRole('link', { name: 'what it says' }).click();
  await page.getByText('{"hello":"Ada Lovelace"}').waitFor();
});
