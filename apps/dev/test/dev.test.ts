import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { freePort } from '@foyer/testkit';
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

/** Starts `pnpm dev`'s program in a process group of its own; `output` grows while it runs. */
const startDev = (
  variables: Readonly<Record<string, string>>,
): { readonly child: ChildProcess; readonly output: () => string } => {
  const child = spawn(process.execPath, ['apps/dev/src/main.mjs'], {
    cwd: root,
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

  await stopGroup(child);
}, 40_000);

test('with an issuer configured, no provider is started', async () => {
  const port = await freePort();
  const { child, output } = startDev({
    PORT: String(port),
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'app',
    OIDC_CLIENT_SECRET: 'any',
  });
  await expect.poll(output, { timeout: 20_000 }).toContain('at the provider of OIDC_ISSUER');
  await stopGroup(child);
}, 40_000);

test('a taken port is said plainly, with what to do', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const { child, output } = startDev({ PORT: String(port) });
  const [code] = await once(child, 'exit');
  holder.close();
  expect(code).toBe(1);
  expect(output()).toBe(
    `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} npx pnpm dev\n`,
  );
});
