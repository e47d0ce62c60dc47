import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import type { Bff } from '../../src/bff.ts';
import { prepareAnswerHeaders, preparePageHeaders } from '../../src/browser-security/response-headers.ts';
import type { ResolvedOptions } from '../../src/options.ts';
import { replyProblem } from '../../src/pages/problem-reply.ts';
import { registerSpa } from '../../src/spa/spa.ts';

const serving = (dir: string): Pick<Bff, 'options' | 'headers'> => {
  const answers = prepareAnswerHeaders({ isSecure: false, allowedOrigins: [] }, () => "default-src 'none'");
  const options = { spa: { dir }, basePath: '' } as ResolvedOptions;
  return {
    options,
    headers: { answers, pages: preparePageHeaders(options, answers, () => () => "default-src 'none'") },
  };
};

test('the build is served, and no file outside of it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'spa-'));
  await mkdir(join(dir, 'assets'));
  await writeFile(join(dir, 'index.html'), '<p>page</p>');
  await writeFile(join(dir, 'assets/a.js'), 'a()');
  await writeFile(join(dir, 'assets/a.js.gz'), gzipSync('a()'));
  await writeFile(join(dir, 'assets/big.js'), 'x'.repeat(300_000));
  await writeFile(join(dir, 'assets/big.js.gz'), gzipSync('x'.repeat(300_000)));
  await writeFile(join(dir, '.env'), 'SECRET');
  await writeFile(join(dir, 'assets/a.js.map'), '{}');
  const app = Fastify();
  app.setErrorHandler(replyProblem);
  await registerSpa(app, serving(dir));
  const get = (url: string, headers = {}) => app.inject({ url, headers });
  const page = await get('/profile', { accept: 'text/html' });
  expect([page.statusCode, page.body, page.headers['cache-control']]).toEqual([
    200,
    '<p>page</p>',
    'no-cache',
  ]);
  expect((await get('/', { 'if-none-match': String(page.headers.etag) })).statusCode).toBe(304);
  const asset = await get('/assets/a.js', { 'accept-encoding': 'br, gzip' });
  expect(asset.headers['content-encoding']).toBe('gzip');
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await get('/assets/a.js', { 'accept-encoding': 'gzip;q=0' })).body).toBe('a()');
  expect((await get('/assets/big.js')).body.length).toBe(300_000);
  const small = await get('/assets/big.js', { 'accept-encoding': 'gzip' });
  expect([small.headers['content-encoding'], small.headers.etag]).toEqual([
    'gzip',
    expect.stringMatching(/^"/),
  ]);
  expect(gunzipSync(small.rawPayload).length).toBe(300_000);
  for (const url of ['/.env', '/%2eenv', '/assets/a.js.map', '/assets/gone.js', '/assets', '/api/x']) {
    expect([url, (await get(url)).statusCode]).toEqual([url, 404]);
  }
  const posted = await app.inject({ method: 'POST', url: '/profile' });
  expect([posted.statusCode, posted.headers.allow]).toEqual([405, 'GET, HEAD']);
  await app.close();
  await rm(dir, { recursive: true });
});

test('a missing build is named at start', async () => {
  const missing = serving(join(tmpdir(), 'no-such-build'));
  await expect(registerSpa(Fastify(), missing)).rejects.toThrow(/SPA_DIR.*pnpm build/);
});
