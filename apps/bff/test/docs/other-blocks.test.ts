import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '@foyer/contract';
import { expect, test } from 'vitest';
import { blocks, blocksIn } from '../kit/pages.ts';

const tried = ['ts', 'tsx', 'js', 'diff', 'env', 'json', 'jsonc', 'yaml', 'sh', 'ini'];
const read = ['html', 'nginx', 'caddyfile', 'dockerfile', ''];

test('every block is of a language that a test knows', () => {
  expect(blocks.filter(({ language }) => ![...tried, ...read].includes(language))).toEqual([]);
});

const routes: readonly string[] = Object.values(paths);

test.for(blocksIn('html'))('links and forms at $place lead to routes', ({ code }) => {
  const targets = [...code.matchAll(/(?:href|action)="(\/[^"?]*)/g)].map(([, path = '']) => path);
  expect(targets.filter((path) => !routes.includes(path))).toEqual([]);
  expect(targets).not.toEqual([]);
});

const instructions = /^(FROM|COPY|ENV|RUN|USER|WORKDIR|ARG|EXPOSE|CMD|ENTRYPOINT|HEALTHCHECK|#)( |$)/;

test.for(blocksIn('dockerfile'))('the Dockerfile at $place has instructions alone', ({ code }) => {
  const lines = code.replaceAll(/\\\n/g, '').trim().split('\n');
  expect(lines.filter((line) => !instructions.test(line))).toEqual([]);
});

const count = (code: string, character: string): number => code.split(character).length - 1;

test.for(blocksIn('nginx', 'caddyfile'))('the braces at $place close', ({ code }) => {
  expect(count(code, '{')).toBe(count(code, '}'));
  expect(count(code, '{')).toBeGreaterThan(0);
});

/** Whether a server accepts a file; `undefined` where it is not installed. */
const judge = (program: string, args: readonly string[], text: string): string | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-server-'));
  try {
    const file = join(folder, 'config');
    writeFileSync(file, text.replaceAll('FOLDER', folder));
    const { error, status, stderr } = spawnSync(program, [...args, file], { encoding: 'utf8' });
    if (error !== undefined) return undefined;
    return status === 0 ? 'accepted' : stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const nginxFile = (code: string): string => {
  const isServer = /^\s*server\s*\{/m.test(code);
  const hasMap = code.includes('map $http_upgrade');
  const map = hasMap ? '' : "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";
  const body = code.replaceAll(/http:\/\/foyer:/g, 'http://127.0.0.1:');
  const server = isServer ? body : `server { listen 127.0.0.1:8080; ${body} }`;
  return `pid FOLDER/pid; error_log stderr; events {} http { access_log off; ${map} ${server} }`;
};

// Where the program is missing nothing is known of the block but its braces; docs/not-tested.md says so.
test.for(blocksIn('nginx'))('nginx, where it is installed, accepts the block at $place', ({ code }) => {
  expect([undefined, 'accepted']).toContain(judge('nginx', ['-t', '-q', '-c'], nginxFile(code)));
});

test.for(blocksIn('caddyfile'))('Caddy, where it is installed, accepts the block at $place', ({ code }) => {
  const args = ['adapt', '--adapter', 'caddyfile', '--config'];
  expect([undefined, 'accepted']).toContain(judge('caddy', args, code));
});
