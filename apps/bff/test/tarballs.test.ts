import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort, tieToThisProcess } from '@foyer/testkit';
import { expect, test } from 'vitest';

const build = fileURLToPath(new URL('../../../scripts/build-packages.mjs', import.meta.url));

/** An application of somebody else's that owns its Fastify and knows nothing of this workspace. */
const application = `
import { bff, createServerOptions, currentUser, openSessionStore, requireUser } from '@foyer/fastify';
import { parseMe } from '@foyer/contract';
import { createBffClient } from '@foyer/client';
import Fastify from 'fastify';

const { PORT, ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_KEY } = process.env;
if (typeof parseMe !== 'function' || typeof createBffClient !== 'function') throw new Error('Something is missing');
const app = Fastify(createServerOptions({ logLevel: 'warn', trustProxy: [] }));
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
console.log('listening');
`;

test('the tarballs are sound, install into an empty project, and sign people in', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-tarballs-'));
  execFileSync(process.execPath, [build, folder], { stdio: 'pipe' });
  const dependencies = Object.fromEntries(
    ['contract', 'client', 'fastify'].map((name) => [`@foyer/${name}`, `file:${folder}/${name}.tgz`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: { ...dependencies, fastify: '^5' } }),
  );
  writeFileSync(join(folder, 'app.js'), application);
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: 'pipe',
  });
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url] });
  const child = spawn(process.execPath, ['app.js'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ISSUER: provider.issuer,
      CLIENT_ID: provider.clientId,
      CLIENT_SECRET: provider.clientSecret,
      SESSION_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    },
  });
  const ended = once(tieToThisProcess(child), 'exit');
  try {
    await Promise.race([once(child.stdout, 'data'), ended]);
    const browser = createBrowser();
    await browser.visit(`${url}/login`, { from: `${url}/` });
    const page = await browser.submit({ button: 'Ada Lovelace' });
    expect([page.url, page.text]).toEqual([`${url}/`, 'their own page']);
    const hello = await browser.fetch('/hello');
    expect([hello.status, await hello.json()]).toEqual([200, { hello: 'ada' }]);
    expect((await fetch(`${url}/hello`)).status).toBe(401);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await provider.close();
    rmSync(folder, { recursive: true });
  }
}, 180_000);
