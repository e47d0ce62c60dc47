import { execFileSync } from 'node:child_process';
import { checkOptions } from '@foyer/fastify/options';
import { expect, test } from 'vitest';
import { blocksIn, pages, root } from '../kit/pages.ts';
import { commandsIn, judgeCommand, scripts } from '../kit/shell-lines.ts';

test.for(blocksIn('sh'))('every command at $place exists', ({ code }) => {
  const problems = commandsIn(code).map((line) => [line, judgeCommand(line)]);
  expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  expect(problems).not.toEqual([]);
});

test('a command that is no longer there is noticed', () => {
  expect(judgeCommand('npx pnpm frobnicate')).toBe('pnpm has no command frobnicate');
  expect(judgeCommand('npx pnpm test apps/nothing.test.ts')).toBe('apps/nothing.test.ts does not exist');
  expect(judgeCommand('docker compose --profile nothing up')).toBe('compose has no profile nothing');
  expect(judgeCommand('curl -i http://localhost:3000/nothing')).toBe('/nothing is no route');
  expect(judgeCommand('rm -rf .')).toBe('is no kind of command that is known here');
});

test('every command that the prose names exists', () => {
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/`(?:npx )?(pnpm [^`\n]+)`/g)].map(([, line = '']) => [path, `npx ${line}`] as const),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(
    named.map(([path, line]) => [path, line, judgeCommand(line)]).filter(([, , problem]) => problem),
  ).toEqual([]);
});

test('the README or CONTRIBUTING names every command of package.json', () => {
  const text = pages
    .filter(({ path }) => ['README.md', 'CONTRIBUTING.md'].includes(path))
    .map((page) => page.text)
    .join('\n');
  const isNamed = (name: string): boolean => new RegExp(`pnpm (run )?${name}(?![\\w:-])`).test(text);
  expect(scripts.filter((name) => !isNamed(name))).toEqual([]);
});

test('pnpm key prints a key of 32 bytes', () => {
  const key = execFileSync(process.execPath, ['scripts/key.mjs'], { cwd: root, encoding: 'utf8' }).trim();
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
});

test.for([[], ['ES256'], ['PS256'], ['EdDSA']])(
  'pnpm key --client %j prints a key that a client can sign with',
  (names) => {
    const args = ['scripts/key.mjs', '--client', ...names];
    const clientKey = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim();
    expect(clientKey).not.toContain('\n');
    const issues = checkOptions({ clientId: 'app', clientAuth: 'private_key_jwt', clientKey });
    expect(issues.filter(({ option }) => option.startsWith('client'))).toEqual([]);
    expect(JSON.parse(clientKey).alg).toBe(names[0] ?? 'ES256');
  },
);
