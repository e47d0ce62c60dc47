import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createBrowser, freePort } from '@foyer/testkit';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const started: ChildProcess[] = [];
const folders: string[] = [];

const createFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-dev-'));
  folders.push(folder);
  return folder;
};

const isGroupAlive = (leader: number): boolean => {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
};

afterEach(async () => {
  for (const { pid } of started.splice(0)) {
    if (pid !== undefined && isGroupAlive(pid)) process.kill(-pid, 'SIGKILL');
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, maxRetries: 5 });
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

/** Starts `pnpm dev`'s program in a process group and a folder of its own; `output` grows while it runs. */
const startDev = async (
  variables: Readonly<Record<string, string>>,
  folder?: string,
): Promise<{ readonly child: ChildProcess; readonly output: () => string }> => {
  const child = spawn(process.execPath, [join(root, 'apps/dev/src/main.mjs')], {
    cwd: folder ?? (await createFolder()),
    detached: true,
    env: { PATH: process.env.PATH, ...variables },
  });
  started.push(child);
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return { child, output: () => printed };
};

const stopGroup = async (child: ChildProcess): Promise<void> => {
  const leader = child.pid ?? 0;
  const ended = once(child, 'exit');
  process.kill(-leader, 'SIGTERM');
  await ended;
  await expect.poll(() => isGroupAlive(leader), { timeout: 5000 }).toBe(false);
};

/** Ports of which the one of the embedded provider is free too. */
const freePorts = async (): Promise<number> => {
  for (;;) {
    const port = await freePort();
    const beside = createServer().listen(port + 1001, '127.0.0.1');
    const isFree = await Promise.race([
      once(beside, 'listening'),
      once(beside, 'error').catch(() => undefined),
    ]);
    beside.close();
    if (isFree !== undefined) return port;
  }
};

/** What getting started shows of the terminal, for another port; `…` stands for anything. */
const shownToNewcomers = async (port: number): Promise<RegExp> => {
  const page = await readFile(join(root, 'docs/getting-started.md'), 'utf8');
  const [, block = ''] = /```\n( {2}Provider[\s\S]*?)```/.exec(page) ?? [];
  expect(block).toContain('Sign in   Ada Lovelace');
  const exact = block.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    exact
      .replaceAll('3000', String(port))
      .replaceAll('4001', String(port + 1001))
      .replaceAll('…', '.*'),
  );
};

const signIn = async (url: string): Promise<ReturnType<typeof createBrowser>> => {
  const browser = createBrowser();
  await browser.visit(`${url}/login`);
  await browser.submit({ button: 'Ada Lovelace' });
  return browser;
};

const save = async (file: string): Promise<void> => {
  const saved = new Date();
  await utimes(join(root, file), saved, saved);
};

test('pnpm dev serves page and API on one port, says where, and leaves nothing running', async () => {
  const port = await freePorts();
  const url = `http://localhost:${port}`;
  const { child, output } = await startDev({ PORT: String(port) });
  await expect.poll(output, { timeout: 40_000 }).toContain(`Open      ${url}`);

  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  const me = await fetch(`http://127.0.0.1:${port}/api/me`);
  expect(await me.json()).toEqual({ authenticated: false, loginUrl: '/login' });
  const page = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { accept: 'text/html', host: `localhost:${port}` },
  });
  expect(await page.text()).toContain('/@vite/client');
  // On a Node that is newer than it, oidc-provider says so.
  const shown = () => output().replace(/^oidc-provider WARNING: Unsupported runtime.*\n/gm, '');
  expect(shown()).toMatch(await shownToNewcomers(port));

  const browser = await signIn(url);
  const readUsers = async () => {
    const users = await browser.fetch('/api/users', { from: url });
    return [users.status, await users.text()];
  };
  expect(await readUsers()).toEqual([200, expect.stringContaining('Alan Turing')]);
  expect(shown(), 'a first sign-in logs nothing').not.toMatch(/INFO|WARN|ERROR/);

  for (const [name, file] of [
    ['The BFF', 'apps/bff/src/main.ts'],
    ['The provider', 'packages/dev-provider/src/main.ts'],
    ['The demo API', 'apps/demo-api/src/main.ts'],
  ] as const) {
    await save(file);
    await expect.poll(output).toContain(`${name} restarts`);
  }
  await expect.poll(() => isHealthy(url)).toBe(true);
  await expect.poll(readUsers).toEqual([200, expect.stringContaining('Alan Turing')]);

  await fetch(`${url}/login/callback?code=any&state=any`);
  await expect.poll(output).toContain('INFO: The browser sent no cookie of a pending login');
  expect(output(), 'the log of development is for people').not.toContain('{"level"');
  await stopGroup(child);
}, 90_000);

test('a restart of pnpm dev, and a save of .env, sign no one out', async () => {
  const folder = await createFolder();
  const port = await freePorts();
  const url = `http://localhost:${port}`;
  const isOpen = (text: string): string => text.slice(text.lastIndexOf('Everything restarts'));
  await writeFile(join(folder, '.env'), `PORT=${port}\n`);
  const first = await startDev({}, folder);
  await expect.poll(first.output, { timeout: 40_000 }).toContain('Open      ');
  const browser = await signIn(url);
  await stopGroup(first.child);

  const second = await startDev({}, folder);
  await expect.poll(second.output, { timeout: 40_000 }).toContain('Open      ');
  const readMe = async (): Promise<unknown> => (await browser.fetch('/api/me', { from: url })).json();
  expect(await readMe()).toMatchObject({ authenticated: true, displayName: 'Ada Lovelace' });

  await writeFile(join(folder, '.env'), `PORT=${port}\nPORTT\nOIDC_CLIENT_ID=app\n`);
  await expect.poll(second.output, { timeout: 20_000 }).toContain('Save .env again');
  expect(second.output()).toContain('OIDC_CLIENT_ID is set, and OIDC_ISSUER is not.');
  await writeFile(join(folder, '.env'), `PORT=${port}\nOIDC_SCOPE=openid profile\n`);
  await expect.poll(() => isOpen(second.output()), { timeout: 40_000 }).toContain('Open      ');
  expect(await readMe()).toMatchObject({ authenticated: true });
  await stopGroup(second.child);
}, 120_000);

test('a BFF that cannot start says why and ends everything', async () => {
  const port = await freePort();
  const { child, output } = await startDev({ PORT: String(port), SESSION_LIFETIME: 'long' });
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(output()).toContain('SESSION_LIFETIME');
  expect(output()).toContain('The BFF did not start');
});

test.for([
  {
    what: 'a port that is none',
    content: 'PORT=from-the-file\n',
    said: 'PORT must be a whole number from 1 to 65535, as in PORT=3000.\n',
  },
  {
    what: 'a value that is cut',
    content: 'OIDC_CLIENT_SECRET=ab#cd\n',
    said: 'OIDC_CLIENT_SECRET is cut at a # in .env. Put its value into quotes, or a blank before the comment.\n',
  },
  {
    what: 'a line as YAML writes it',
    content: 'OIDC_ISSUER: https://login.example\n',
    said: 'OIDC_ISSUER has no = in .env. Write it as OIDC_ISSUER=value.\n',
  },
  {
    what: 'a client without an issuer',
    content: '\uFEFFCLIENT_ID=app\n',
    said: 'CLIENT_ID is set, and OIDC_ISSUER is not. Set OIDC_ISSUER to use your provider, or remove CLIENT_ID to use the embedded one.\n',
  },
])('.env of the working directory is read: $what is reported by name', async ({ content, said }) => {
  const folder = await createFolder();
  await writeFile(join(folder, '.env'), content);
  const { child, output } = await startDev({}, folder);
  const [code] = await once(child, 'close');
  expect([code, output()]).toEqual([1, said]);
});

test('with an issuer and a dev server configured, neither of ours is started', async () => {
  const own = createServer((_request, response) => response.end('their own page')).listen(0, '127.0.0.1');
  await once(own, 'listening');
  const port = await freePort();
  const devServer = `http://127.0.0.1:${portOf(own)}`;
  const { child, output } = await startDev({
    PORT: String(port),
    PLUSAUTH_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'app',
    OIDC_CLIENT_SECRET: 'any',
    OIDC_TIMOUT: '5s',
    SPA_DEV_SERVER: devServer,
  });
  await expect.poll(output, { timeout: 40_000 }).toContain('at that provider');
  expect(output()).toContain('Provider  http://127.0.0.1:9 (PLUSAUTH_ISSUER)');
  expect(output()).toContain(`Pages     of the dev server ${devServer} (SPA_DEV_SERVER)\n`);
  expect(output()).toMatch(
    /WARN: a variable of the environment is not one of Foyer.*\(variable=OIDC_TIMOUT\)/,
  );
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(await page.text()).toBe('their own page');
  own.close();
  own.closeAllConnections();
  const headers = { accept: 'text/html', host: `localhost:${port}` };
  const down = await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  expect(down).toContain('The dev server cannot be reached');
  await expect
    .poll(output)
    .toMatch(/WARN: The dev server of SPA_DEV_SERVER cannot be reached: .*ECONNREFUSED/);
  expect(output()).not.toMatch(/\n\s+at /);
  await stopGroup(child);
});

test('with several providers configured the embedded one is not started, and no secret is printed; a dev server that is down is named', async () => {
  const port = await freePort();
  const client = { clientId: 'app', clientSecret: 'canary-of-the-tests', issuer: 'http://127.0.0.1:9' };
  const { child, output } = await startDev({
    PORT: String(port),
    PROVIDERS: JSON.stringify([{ id: 'staff', label: 'Staff …', ...client }]),
    SPA_DEV_SERVER: 'http://127.0.0.1:9',
  });
  await expect.poll(output, { timeout: 40_000 }).toContain('Open      ');
  expect(output()).toContain('Provider  several providers (PROVIDERS)\n');
  expect(output()).not.toContain('canary');
  expect(output()).toContain('It does not answer. Start it, then reload the page.');
  await stopGroup(child);
});

test('the build in SPA_DIR is served as it is, and the terminal says so', async () => {
  const folder = await createFolder();
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Their build</title>');
  const port = await freePort();
  const { child, output } = await startDev({ PORT: String(port), SPA_DIR: folder });
  await expect.poll(output, { timeout: 40_000 }).toContain('Open      ');
  expect(output()).toContain(`Pages     of the build in SPA_DIR, ${folder}, as built`);
  const page = await fetch(`http://localhost:${port}/`);
  expect(await page.text()).toBe('<!doctype html><title>Their build</title>');
  await stopGroup(child);
});

const hasSix = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
);

test.for([{ host: '127.0.0.1', shown: '127.0.0.1' }, ...(hasSix ? [{ host: '::1', shown: '[::1]' }] : [])])(
  'another program on the port at $host is said plainly, with what to do',
  { timeout: 40_000 },
  async ({ host, shown }) => {
    const holder = createServer().listen(0, host);
    await once(holder, 'listening');
    const port = portOf(holder);
    const { child, output } = await startDev({ PORT: String(port) });
    const [code] = await once(child, 'exit');
    holder.close();
    expect(code).toBe(1);
    expect(output()).toBe(
      `Port ${port} is taken by another program, which listens on ${shown}. Stop that program, or choose another port: PORT=${port + 1} npx pnpm dev\n`,
    );
  },
);

test('a PUBLIC_URL that leads elsewhere is not printed as the address to open, and a taken provider port is reported', async () => {
  const port = await freePorts();
  const [other, beside] = [createServer((_request, response) => response.end('ok')), createServer()];
  other.listen(0, '127.0.0.1');
  beside.listen(port + 1001, '127.0.0.1');
  await Promise.all([once(other, 'listening'), once(beside, 'listening')]);
  const publicUrl = `http://127.0.0.1:${portOf(other)}`;
  const { child, output } = await startDev({ PORT: String(port), PUBLIC_URL: publicUrl });
  await expect.poll(output, { timeout: 40_000 }).toContain('Stop      Ctrl-C');
  expect(output()).toContain(
    `Not open  ${publicUrl} is answered by another program. The BFF listens on port ${port}. Set PORT=${portOf(other)}, or PUBLIC_URL=http://127.0.0.1:${port}`,
  );
  expect(output()).toContain(
    `Port ${port + 1001} is taken by another program, so this is another issuer than before`,
  );
  await stopGroup(child);
  other.close();
  beside.close();
});

/** What `pnpm dev` prints without packages, run by a pnpm of this name. */
const startBare = async (agent: string): Promise<readonly [code: number | null, printed: string]> => {
  const folder = await createFolder();
  await cp(join(root, 'apps/dev/src'), folder, { recursive: true });
  const child = spawn(process.execPath, ['main.mjs'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, npm_config_user_agent: agent },
  });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return [child.exitCode, printed];
};

test('without packages, as an older pnpm leaves them out, one sentence says what to run', async () => {
  expect(await startBare('pnpm/9.15.9 npm/? node/v24.0.0 linux x64')).toEqual([
    1,
    'The packages are not installed. Run it through pnpm 12, which installs them: npx pnpm@12 dev.\n',
  ]);
});

test('without packages, as pnpm 12 leaves them out without a network, one sentence names the network', async () => {
  expect(await startBare('pnpm/12.21.0 npm/? node/v24.0.0 linux x64')).toEqual([
    1,
    'The packages are not installed: pnpm says above why. Check the network, or name your mirror of the registry: npm config set registry https://npm.example.\n',
  ]);
});
