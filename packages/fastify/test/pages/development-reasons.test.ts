import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BffOptions } from '../../src/index.ts';
import { startBff } from '../kit/start-bff.ts';

const unreachable = 'http://127.0.0.1:1';

let built: string;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'foyer-built-'));
  await writeFile(join(built, 'index.html'), '<p>built</p>');
});

afterAll(() => rm(built, { recursive: true }));

/** The page of a login whose provider cannot be reached. */
const readErrorPage = async (given: Partial<BffOptions>, { path = '/login', language = 'en' } = {}) => {
  await using bff = await startBff({ issuer: unreachable, ...given });
  const { host } = new URL(given.publicUrl ?? bff.url);
  const headers = { host, accept: 'text/html', 'accept-language': language };
  const answer = await bff.app.inject({ url: path, headers });
  const refusal = bff.log.find(({ event }) => event === 'refusal');
  return { body: answer.body, reason: String(refusal?.reason) };
};

const devServer = { devServer: unreachable };

test('in development the error page shows the reason and its causes', async () => {
  const { body, reason } = await readErrorPage({ spa: devServer });
  expect(body).toContain(`<p>The reason, shown in development only:</p><ul><li>${reason}</li><li>`);
  expect(body).toContain('ECONNREFUSED');
  const german = await readErrorPage({ spa: devServer }, { language: 'de' });
  expect(german.body).toContain('Der Grund, nur in der Entwicklung gezeigt:');
});

test('a reason that holds HTML is text', async () => {
  const { body } = await readErrorPage(
    { spa: devServer },
    { path: '/login/callback?state=x&error=%3Cscript%3E&error_description=%3Cscript%3E' },
  );
  expect(body).toContain('shown in development only');
  expect(body).not.toContain('<script');
});

test.for([
  ['a built SPA', () => ({ spa: { dir: built } })],
  ['no SPA', () => ({})],
  ['a dev server behind a public address', () => ({ spa: devServer, publicUrl: 'https://app.example' })],
] as const)('with %s no error page says the reason', async ([, create]) => {
  const { body, reason } = await readErrorPage(create());
  expect(reason.length).toBeGreaterThan(10);
  expect(body).toContain('Request id:');
  expect(body).not.toContain(reason);
  expect(body).not.toMatch(/development|ECONNREFUSED|127\.0\.0\.1/);
});

test('JSON never shows it', async () => {
  await using bff = await startBff({ issuer: unreachable, spa: devServer });
  const headers = { host: new URL(bff.url).host, accept: 'application/json' };
  const { body } = await bff.app.inject({ url: '/login', headers });
  expect(body).toContain('provider_unavailable');
  expect(body).not.toMatch(/reason|ECONNREFUSED|127\.0\.0\.1/);
});
