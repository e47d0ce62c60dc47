import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort, tieToThisProcess } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createSessionKey } from './kit/keys.ts';
import { root } from './kit/pages.ts';
import { isRead } from './kit/settings-block.ts';

const page = readFileSync(`${root}docs/virtual-machine.md`, 'utf8');
const blockOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
const unit = blockOf('ini');

/** The values of a directive, in their order. */
const valuesOf = (directive: string): readonly string[] =>
  [...unit.matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(([, value = '']) => value);

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

const analyzer = '/usr/bin/systemd-analyze';

/** What systemd says about the unit; without systemd, the lines that are no section, setting or comment. */
const examine = (text: string): string => {
  const wrong = text.split('\n').filter((line) => !/^(?:\[\w+\]|[A-Z][A-Za-z]+=.*|#.*|)$/.test(line));
  if (!existsSync(analyzer)) return wrong.join('\n');
  const file = join(makeFolder(), 'foyer.service');
  writeFileSync(file, text.replaceAll('/opt/foyer/', root));
  const { stdout, stderr } = spawnSync(analyzer, ['verify', '--man=no', file], { encoding: 'utf8' });
  return stdout + stderr;
};

test('systemd knows every setting of the unit, and a wrong one is found', () => {
  expect(examine(unit)).toBe('');
  expect(examine(unit.replace('ProtectHome=yes', 'protect home'))).not.toBe('');
});

test('the variables of the unit are read by Foyer or by Node', () => {
  const names = valuesOf('Environment').map((value) => value.split('=', 1)[0] ?? '');
  const ofNode = ['NODE_ENV', 'NODE_COMPILE_CACHE'];
  expect(names.filter((name) => !ofNode.includes(name) && !isRead(name))).toEqual([]);
  expect(names).toContain('SESSION_STORE');
});

test('what the unit starts reads its secrets, answers, and ends with 0', async () => {
  const folder = makeFolder();
  const port = await freePort();
  const provider = await startDevProvider({
    publicUrls: ['https://app.example'],
    clientSecret: 'a-secret-that-is-in-no-source',
  });
  const secrets: Readonly<Record<string, string>> = {
    'client-secret': provider.clientSecret,
    'session-keys': createSessionKey(),
  };
  for (const value of valuesOf('LoadCredential')) {
    const [name = ''] = value.split(':');
    writeFileSync(join(folder, name), secrets[name] ?? '');
  }
  for (const name of ['StateDirectory', 'CacheDirectory'])
    mkdirSync(join(folder, valuesOf(name)[0] ?? ''), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>A page</title>');
  const fill = (value: string): string => value.replace(/%[dSC]/, folder).replace('/opt/foyer/', root);
  const variables = parseEnv(valuesOf('Environment').map(fill).join('\n'));
  const [program = '', ...args] = (valuesOf('ExecStart')[0] ?? '').split(' ').map(fill);
  const child = spawn(program, args, {
    cwd: root,
    env: {
      ...parseEnv(blockOf('env')),
      ...variables,
      ...{ OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: provider.clientId },
      ...{ PORT: String(port), SPA_DIR: folder },
    },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (printed += String(bytes)));
  const ended = once(tieToThisProcess(child), 'exit');
  const readiness = (): Promise<number | string> =>
    fetch(`http://localhost:${port}/readyz`).then(
      ({ status }) => status,
      () => printed,
    );
  await expect.poll(readiness, { timeout: 20_000 }).toBe(200);
  expect(existsSync(join(folder, 'foyer/sessions.db'))).toBe(true);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await provider.close();
}, 60_000);
