import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, tieToThisProcess } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

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

beforeAll(() => {
  execFileSync(process.execPath, [`${root}scripts/build-packages.mjs`, folder], { stdio: 'pipe' });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

/** Installs the tarballs beside a version of Fastify into an empty project. */
const install = (fastify: string): string => {
  const project = join(folder, `fastify-${fastify}`);
  mkdirSync(project);
  const packed = ['contract', 'client', 'fastify'].map((name) => [
    `@foyer/${name}`,
    `file:${folder}/${name}.tgz`,
  ]);
  const manifest = {
    ...{ private: true, type: 'module' },
    dependencies: { ...Object.fromEntries(packed), fastify },
    devDependencies: { '@types/node': '^24' },
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(typescript));
  writeFileSync(join(project, 'app.js'), application);
  writeFileSync(join(project, 'example.ts'), documentedExample());
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', ['install', ...options], { cwd: project, stdio: 'pipe' });
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
    const project = install(fastify);
    execFileSync(`${root}node_modules/.bin/tsc`, ['-p', project], { stdio: 'pipe' });
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

test('what is published takes later versions of its dependencies, and the host’s Fastify', () => {
  const manifest = JSON.parse(
    execFileSync('tar', ['xzOf', `${folder}/fastify.tgz`, 'package/package.json'], { encoding: 'utf8' }),
  );
  const { '@foyer/contract': contract, ...ranges } = manifest.dependencies;
  expect(contract).toBe(manifest.version);
  for (const range of Object.values(ranges)) expect(range).toMatch(/^\^\d/);
  expect(manifest.peerDependencies.fastify).toBe('^5.0.0');
  expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(['@fastify/http-proxy', 'ioredis']);
});
