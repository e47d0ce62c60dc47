import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBrowser, freePort } from '@foyer/testkit';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const started: ChildProcess[] = [];

const isGroupAlive = (leader: number): boolean => {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
};

afterEach(() => {
  for (const { pid } of started.splice(0)) {
    if (pid !== undefined && isGroupAlive(pid)) process.kill(-pid, 'SIGKILL');
  }
});

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false; // Not listening again yet.
  }
};

/** Starts `pnpm dev`'s program in a process group of its own; `output` grows while it runs. */
const startDev = (
  variables: Readonly<Record<string, string>>,
  cwd = root,
): { readonly child: ChildProcess; readonly output: () => string } => {
  const child = spawn(process.execPath, [join(root, 'apps/dev/src/main.mjs')], {
    cwd,
    detached: true,
    env: { ...process.env, NODE_ENV: 'development', SESSION_STORE: 'memory:', ...variables },
  });
  started.push(child);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
};

const stopGroup = async (child: ChildProcess): Promise<void> => {
  const leader = child.pid ?? 0;
  const ended = once(child, 'exit');
  process.kill(-leader, 'SIGTERM');
  await ended;
  await expect.poll(() => isGroupAlive(leader), { timeout: 5000 }).toBe(false);
};

/** What getting started shows of the terminal, for another port; `…` stands for anything. */
const shownToNewcomers = async (port: number): Promise<RegExp> => {
  const page = await readFile(join(root, 'docs/getting-started.md'), 'utf8');
  const [, block = ''] = /```\n( {2}Open[\s\S]*?)```/.exec(page) ?? [];
  expect(block).toContain('Sign in  Ada Lovelace');
  const exact = block.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(exact.replaceAll('3000', String(port)).replaceAll('…', '.*'));
};

test('pnpm dev serves page and API on one port, says where, and leaves nothing running', async () => {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const { child, output } = startDev({ PORT: String(port), OIDC_ISSUER: '' });
  await expect.poll(output, { timeout: 20_000 }).toContain(`Open     ${url}`);

  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  const me = await fetch(`http://127.0.0.1:${port}/api/me`);
  expect(await me.json()).toEqual({ authenticated: false, loginUrl: '/login' });
  const page = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { accept: 'text/html', host: `localhost:${port}` },
  });
  expect(await page.text()).toContain('/@vite/client');
  expect(output()).toMatch(await shownToNewcomers(port));

  const browser = createBrowser();
  await browser.visit(`${url}/login`);
  await browser.submit({ button: 'Ada Lovelace' });
  const users = await browser.fetch('/api/users', { from: url });
  expect([users.status, await users.text()]).toEqual([200, expect.stringContaining('Alan Turing')]);

  expect(output(), 'a first sign-in logs no warning').not.toContain('"level"');
  expect(output()).not.toContain('userinfo');

  const saved = new Date();
  await utimes(join(root, 'apps/bff/src/main.ts'), saved, saved);
  await expect.poll(output, { timeout: 5000 }).toContain('The BFF restarts');
  await expect.poll(() => isHealthy(url), { timeout: 5000 }).toBe(true);

  await stopGroup(child);
}, 40_000);

test('a BFF that cannot start says why and ends everything', async () => {
  const port = await freePort();
  const { child, output } = startDev({ PORT: String(port), OIDC_ISSUER: '', SESSION_LIFETIME: 'long' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(output()).toContain('SESSION_LIFETIME');
  expect(output()).toContain('The BFF did not start');
}, 40_000);

test('.env of the working directory is read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-dev-'));
  await writeFile(join(folder, '.env'), 'PORT=from-the-file\n');
  const { child, output } = startDev({}, folder);
  const [code] = await once(child, 'close');
  await rm(folder, { recursive: true });
  expect([code, output()]).toEqual([1, 'PORT must be a whole number from 1 to 65535, as in PORT=3000.\n']);
});

test('a port that is none is said plainly', async () => {
  const { child, output } = startDev({ PORT: 'http' });
  const [code] = await once(child, 'exit');
  expect([code, output()]).toEqual([1, 'PORT must be a whole number from 1 to 65535, as in PORT=3000.\n']);
});

test('with an issuer and a dev server configured, neither of ours is started', async () => {
  const own = createServer((_request, response) => response.end('their own page')).listen(0, '127.0.0.1');
  await once(own, 'listening');
  const port = await freePort();
  const { child, output } = startDev({
    PORT: String(port),
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'app',
    OIDC_CLIENT_SECRET: 'any',
    SPA_DEV_SERVER: `http://127.0.0.1:${portOf(own)}`,
  });
  await expect.poll(output, { timeout: 20_000 }).toContain('at the provider of OIDC_ISSUER');
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toBe('their own page');
  await stopGroup(child);
  own.close();
}, 40_000);

test('the build in SPA_DIR is served as it is, and the terminal says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-dev-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Their build</title>');
  const port = await freePort();
  const { child, output } = startDev({ PORT: String(port), OIDC_ISSUER: '', SPA_DIR: folder });
  await expect.poll(output, { timeout: 20_000 }).toContain('Pages    of the build in SPA_DIR');
  const page = await fetch(`http://localhost:${port}/`);
  expect(await page.text()).toBe('<!doctype html><title>Their build</title>');
  await stopGroup(child);
  await rm(folder, { recursive: true });
}, 40_000);

test('a taken port is said plainly, with what to do', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const port = portOf(holder);
  const { child, output } = startDev({ PORT: String(port) });
  const [code] = await once(child, 'exit');
  holder.close();
  expect(code).toBe(1);
  expect(output()).toBe(
    `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} npx pnpm dev\n`,
  );
});
