import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signIn, startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, launchChromium, tieToThisProcess } from '@foyer/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProduct, findMissingPackages, startProduct, startWithProvider } from './kit/product.ts';
import { buildPackages, npmInstall, root, run } from './kit/tarballs.ts';

/** An application of somebody else's that owns its Fastify and knows nothing of this workspace. */
const application = `
import { bff, createServerOptions, currentUser, logRequest, openSessionStore, requireUser } from '@foyer/fastify';
import { parseMe } from '@foyer/contract';
import { createBffClient } from '@foyer/client';
import Fastify from 'fastify';

const { PORT, ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_KEY } = process.env;
if (typeof parseMe !== 'function' || typeof createBffClient !== 'function') throw new Error('Something is missing');
const app = Fastify(createServerOptions({ logLevel: 'info', trustProxy: [] }));
app.addHook('onResponse', logRequest);
await app.register(bff, {
  issuer: ISSUER,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  publicUrl: 'http://localhost:' + PORT,
  sessionKeys: [SESSION_KEY],
  sessionStore: await openSessionStore('sqlite:sessions.db'),
});
app.get('/', async () => 'their own page');
app.get('/hello', { onRequest: requireUser }, async (request) => ({ hello: (await currentUser(request)).sub }));
await app.listen({ port: Number(PORT), host: 'localhost' });
`;

const typescript = {
  compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', noEmit: true, types: ['node'] },
  files: ['example.ts'],
};

/** The first block of code of the page for people with a Fastify of their own. */
const documentedExample = (): string =>
  /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}docs/own-fastify-app.md`, 'utf8'))?.[1] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'foyer-tarballs-'));

beforeAll(async () => {
  await buildPackages(folder);
}, 180_000);

afterAll(() => rm(folder, { recursive: true }));

/** Installs the tarballs beside a version of Fastify into an empty project. */
const install = async (fastify: string): Promise<string> => {
  const project = join(folder, `fastify-${fastify}`);
  await mkdir(project);
  const packed = ['contract', 'client', 'fastify'].map((name) => [
    `@foyer/${name}`,
    `file:${folder}/${name}.tgz`,
  ]);
  const manifest = {
    ...{ private: true, type: 'module' },
    dependencies: { ...Object.fromEntries(packed), fastify },
    devDependencies: { '@types/node': '^24' },
  };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(typescript));
  await writeFile(join(project, 'app.js'), application);
  await writeFile(join(project, 'example.ts'), documentedExample());
  await npmInstall(project);
  return project;
};

const startApplication = async (project: string) => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const child = spawn(process.execPath, ['app.js'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ISSUER: provider.issuer,
      CLIENT_ID: provider.clientId,
      CLIENT_SECRET: provider.clientSecret,
      SESSION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    },
  });
  const printed = { log: '', errors: '' };
  child.stdout.on('data', (bytes: Buffer) => (printed.log += String(bytes)));
  child.stderr.on('data', (bytes: Buffer) => (printed.errors += String(bytes)));
  const ended = once(tieToThisProcess(child), 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    url,
    printed,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
      await provider.close();
    },
  };
};

test.for(['5.0.0', '5'])(
  'the tarballs install beside Fastify %s, fit its types, and sign people in',
  { timeout: 180_000 },
  async (fastify) => {
    const project = await install(fastify);
    await run(`${root}node_modules/.bin/tsc`, ['-p', project], project);
    await using running = await startApplication(project);
    const { url, printed } = running;
    expect(printed.errors).toBe('');
    const browser = createBrowser();
    await browser.visit(`${url}/login`, { from: `${url}/` });
    const page = await browser.submit({ button: 'Ada Lovelace' });
    expect([page.url, page.text]).toEqual([`${url}/`, 'their own page']);
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

/** Signs Ada in with a browser, beginning at the product's own link. */
const signInWithChromium = async (
  url: string,
  look: (page: Page) => Promise<void> = async () => undefined,
): Promise<void> => {
  const chromium = await launchChromium();
  try {
    const page = await chromium.newPage();
    await page.goto(url);
    await page.getByRole('link', { name: 'Login', exact: true }).click();
    await page.getByRole('button', { name: 'Ada Lovelace' }).click();
    await page.getByText('Logged in as: Ada Lovelace').waitFor();
    expect(new URL(page.url()).origin).toBe(url);
    await look(page);
  } finally {
    await chromium.close();
  }
};

test('npm create makes a product that type-checks, passes its own test, builds, and signs in as it is developed', {
  timeout: 300_000,
}, async () => {
  const product = join(folder, 'my-app');
  await createProduct(folder, product);
  await npmInstall(product);
  expect(await findMissingPackages(product)).toEqual([]);
  for (const script of ['typecheck', 'test', 'build']) await run('npm', ['run', script], product);
  await using running = await startProduct(product, 'dev', { PORT: String(await freePort()) });
  await expect.poll(running.output).toContain(`Open     ${running.url}`);
  expect(await (await fetch(running.url)).text()).toContain('<title>My App</title>');
  const again = run('env', [`PORT=${new URL(running.url).port}`, 'npm', 'run', 'dev'], product);
  await expect(again).rejects.toThrow(/Something answers on port \d+ already: stop it, or choose another/);
  const refused = await fetch(`${running.url}/login/callback`, { headers: { accept: 'text/html' } });
  expect(await refused.text()).toContain('<header>My App</header>');
  await signInWithChromium(running.url, async (page) => {
    await page.getByRole('link', { name: 'See an API behind it' }).click();
    await page.getByText('{"hello":"Ada Lovelace"}').waitFor();
  });
});

test('products with Vue, with Svelte, with a plain page and without one sign in too, as built', {
  timeout: 300_000,
}, async () => {
  // One installation for all: that of the React product, and what the others have beside it.
  const modules = join(folder, 'my-app');
  await npmInstall(
    modules,
    '--no-save',
    'vue',
    '@vitejs/plugin-vue',
    'svelte',
    '@sveltejs/vite-plugin-svelte',
  );
  for (const spa of ['vue', 'svelte', 'html', 'none']) {
    const product = join(folder, `with-${spa}`);
    await createProduct(folder, product, '--spa', spa);
    await symlink(join(modules, 'node_modules'), join(product, 'node_modules'));
    expect([spa, await findMissingPackages(product)]).toEqual([spa, []]);
    for (const script of ['typecheck', 'test', 'build'])
      await run('npm', ['run', '--if-present', script], product);
    await using running = await startWithProvider(product);
    const cookie = await signIn(`${running.url}/login`, 'Ada Lovelace');
    const hello = await fetch(`${running.url}/api/hello`, { headers: { cookie } });
    expect([spa, await hello.json()]).toEqual([spa, { hello: 'Ada Lovelace' }]);
    expect([spa, (await (await fetch(running.url)).text()).includes('<title>With ')]).toEqual([spa, true]);
    if (spa === 'html') await signInWithChromium(running.url);
  }
});
