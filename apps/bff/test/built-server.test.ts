import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRedis, givenRedisUrl } from '@foyer/testkit';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askWho, startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

const app = fileURLToPath(new URL('..', import.meta.url));
// Beside the real one, where what it leaves to Node is found too.
const folder = join(app, `node_modules/.built-${process.pid}`);

beforeAll(async () => {
  await build({ root: app, logLevel: 'warn', build: { outDir: folder, emptyOutDir: true } });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stores = ['sqlite', 'redis'] as const;
const isHere = (store: (typeof stores)[number]): boolean =>
  store === 'sqlite' || (findRedis() ?? givenRedisUrl) !== undefined;

test.for(stores.filter(isHere))(
  'what is built signs people in and passes calls on, with %s',
  async (store) => {
    const seen: (string | undefined)[] = [];
    using upstream = await startUpstream((headers) => seen.push(headers.authorization));
    await using replicas = await startReplicas({
      store,
      main: join(folder, 'main.mjs'),
      apiUpstream: upstream.url,
    });
    const cookie = await replicas.signIn();
    for (const replica of replicas.all)
      expect(await askWho(replica, cookie)).toMatchObject({ status: 200, isSignedIn: true });
    const answer = await fetch(`${replicas.url}/api/things`, { headers: { cookie } });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
    expect(seen).toEqual([expect.stringMatching(/^Bearer \S+$/)]);
    const page = await fetch(`${replicas.url}/`);
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>A page</title>']);
  },
);

test('every part of what is built can be loaded without starting anything, and is ASCII', () => {
  const script = `import { readFileSync } from 'node:fs';
    for (const file of process.argv.slice(1)) {
      await import(file);
      if (/[^\\0-\\x7f]/.test(readFileSync(file, 'utf8'))) throw new Error(file + ' is not ASCII');
    }
    console.log(process.argv.length - 1);`;
  const parts = readdirSync(folder)
    .filter((name) => name !== 'main.mjs')
    .map((name) => join(folder, name));
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script, ...parts]);
  expect(parts.length).toBeGreaterThan(10);
  expect(String(output).trim()).toBe(String(parts.length));
});

test('what is built finds the sodium-native that @fastify/secure-session was made for', () => {
  const resolverOf = (path: string) => createRequire(path).resolve;
  const secureSession = resolverOf(join(app, '../../packages/fastify/package.json'))(
    '@fastify/secure-session',
  );
  expect(resolverOf(join(folder, 'main.mjs'))('sodium-native')).toBe(
    resolverOf(secureSession)('sodium-native'),
  );
});
