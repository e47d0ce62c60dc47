import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

const html = { accept: 'text/html' };

/** Writes a build; returns its folder. */
const write = async (files: Readonly<Record<string, string | Buffer>>, dir?: string): Promise<string> => {
  const folder = dir ?? (await mkdtemp(join(tmpdir(), 'foyer-build-')));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
};

const big = 'abcdefghij'.repeat(50_000);
let folder: string;
let bff: RunningBff;

beforeAll(async () => {
  folder = await write({
    'index.html': 'the root',
    'assets/big-1a2b3c4d.js': big,
    'assets/film-1a2b3c4d.mp4': '0123456789',
    'assets/plain-1a2b3c4d.js': 'plain()',
    'assets/plain-1a2b3c4d.js.map': '{"sources":["secret.ts"]}',
    'assets/plain-1a2b3c4d.css.map': '{}',
    'admin/index.html': 'the admin SPA',
    'admin/assets/a.js': 'admin()',
    login: 'a file named login',
    'login.html': 'a page named login',
    'logout/index.html': 'a folder named logout',
    healthz: 'a file named healthz',
    api: 'a file named api',
    'apis.html': 'a page about APIs',
    '.well-known/assetlinks.json': '[]',
    '.well-known/.hidden': 'secret',
    '.git/config': 'secret',
    'film.mp4': 'film',
  });
  bff = await startBff({ spa: { dir: folder } });
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const ask = async (running: RunningBff, url: string, headers: Readonly<Record<string, string>> = {}) => {
  const { host } = new URL(running.url);
  const {
    statusCode,
    body,
    headers: answered,
  } = await running.app.inject({ url, headers: { host, ...headers } });
  return { status: statusCode, body, headers: answered };
};

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => ask(bff, url, headers);

test.for(['/admin/', '/admin/users', '/admin/users/7?tab=1', '/admin/index.html'])(
  '%s is a page of the SPA in the folder',
  async (url) => expect(await get(url, html)).toMatchObject({ status: 200, body: 'the admin SPA' }),
);

test('a folder’s page is asked for with a slash, so that what it names relatively is found', async () => {
  const { status, headers } = await get('/admin?tab=1', html);
  expect([status, headers.location]).toEqual([303, '/admin/?tab=1']);
  expect(await get('/admin/assets/a.js')).toMatchObject({ status: 200, body: 'admin()' });
});

test('any other page, however deep, is one of the SPA at the root', async () => {
  for (const url of ['/', '/other', '/administration', `/${'x/'.repeat(5000)}`])
    expect(await get(url, html)).toMatchObject({ status: 200, body: 'the root' });
});

test('a file named like a route never takes its place', async () => {
  expect((await get('/login', html)).headers.location).toContain(bff.provider.issuer);
  expect((await get('/logout', html)).status).toBe(303);
  expect((await get('/healthz')).body).not.toContain('a file');
  for (const url of ['/api', '/api/x', '/api/apis.html'])
    expect([url, (await get(url, html)).status]).toEqual([url, 404]);
});

test('a file whose name only resembles a route is served', async () => {
  expect((await get('/login.html')).body).toBe('a page named login');
  expect((await get('/apis.html')).body).toBe('a page about APIs');
});

test.for([
  ['/assets/big-1a2b3c4d.js', 'bytes=499990-', '499990-499999/500000', 'abcdefghij'],
  ['/assets/big-1a2b3c4d.js', 'bytes=-2', '499998-499999/500000', 'ij'],
  ['/assets/film-1a2b3c4d.mp4', 'bytes=2-4', '2-4/10', '234'],
] as const)('of %s the range %s is sent alone', async ([url, range, answered, body]) => {
  const answer = await get(url, { range });
  expect([answer.status, answer.headers['content-range'], answer.body]).toEqual([
    206,
    `bytes ${answered}`,
    body,
  ]);
  expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test.for([
  ['/assets/big-1a2b3c4d.js', 'bytes=500000-', 500_000],
  ['/assets/film-1a2b3c4d.mp4', 'bytes=10-20', 10],
] as const)(
  'of %s the range %s, beyond the end, is a 416 that states the length',
  async ([url, range, length]) => {
    const { status, headers, body } = await get(url, { range });
    expect([status, headers['content-range']]).toEqual([416, `bytes */${length}`]);
    expect(JSON.parse(body)).toMatchObject({ status: 416, code: 'bad_request' });
    expect(headers['cache-control']).toBe('no-store');
  },
);

test('a big asset is sent whole, with the headers that HEAD has, and not again when it is known', async () => {
  const whole = await get('/assets/big-1a2b3c4d.js');
  expect(whole.body).toBe(big);
  const head = await fetch(`${bff.url}/assets/big-1a2b3c4d.js`, { method: 'HEAD' });
  expect([await head.text(), head.headers.get('content-length')]).toEqual(['', '500000']);
  const etag = String(whole.headers.etag);
  expect((await get('/assets/big-1a2b3c4d.js', { 'if-none-match': etag })).status).toBe(304);
});

test('a build without compressed files is sent as it is', async () => {
  const { headers, body } = await get('/assets/plain-1a2b3c4d.js', { 'accept-encoding': 'br, gzip' });
  expect([headers['content-encoding'], body]).toEqual([undefined, 'plain()']);
});

test('source maps are there when they are asked for', async () => {
  await using open = await startBff({ spa: { dir: folder, sourceMaps: true } });
  const { body, headers } = await ask(open, '/assets/plain-1a2b3c4d.js.map');
  expect([headers['content-type'], body]).toEqual([
    'application/json; charset=utf-8',
    '{"sources":["secret.ts"]}',
  ]);
});

test('source maps and dotfiles are not there', async () => {
  for (const url of [
    '/assets/plain-1a2b3c4d.js.map',
    '/assets/plain-1a2b3c4d.css.map',
    '/.well-known/.hidden',
    '/.git/config',
    '/.well-known/nothing',
  ])
    expect([url, (await get(url, html)).status]).toEqual([url, 404]);
});

test('what a build puts into .well-known is there', async () => {
  const { status, body, headers } = await get('/.well-known/assetlinks.json');
  expect([status, body, headers['content-type']]).toEqual([200, '[]', 'application/json; charset=utf-8']);
});

/** Asks until the page is the expected one; returns its ETag. */
const untilPage = async (running: RunningBff, body: string): Promise<string> => {
  const page = () => ask(running, '/', html);
  await expect.poll(async () => (await page()).body, { timeout: 10_000, interval: 100 }).toBe(body);
  return String((await page()).headers.etag);
};

test('a newer build is served without a restart, its compressed files too, and the older is forgotten', async () => {
  const dir = await write({ 'index.html': 'one', 'assets/one-1a2b3c4d.js': 'one()' });
  await using running = await startBff({ spa: { dir } });
  const etag = await untilPage(running, 'one');
  await rm(join(dir, 'assets'), { recursive: true });
  await rm(join(dir, 'index.html'));
  expect((await ask(running, '/', html)).body).toBe('one');
  await write({ 'index.html': 'two', 'js/two-1a2b3c4d.js': 'two()' }, dir);
  await write({ 'js/two-1a2b3c4d.js.br': brotliCompressSync('two()') }, dir);
  expect(await untilPage(running, 'two')).not.toBe(etag);
  expect((await ask(running, '/', { ...html, 'if-none-match': etag })).status).toBe(200);
  const asset = (url: string) => ask(running, url, { 'accept-encoding': 'br' });
  expect((await asset('/js/two-1a2b3c4d.js')).headers['content-encoding']).toBe('br');
  expect((await asset('/assets/one-1a2b3c4d.js')).status).toBe(404);
  await rm(dir, { recursive: true });
});

test('a release that is switched to by a link is served, however old its files say they are', async () => {
  const [one, two] = [await write({ 'index.html': 'one' }), await write({ 'index.html': 'two' })];
  await utimes(join(two, 'index.html'), 0, 0);
  const dir = `${one}-current`;
  await symlink(one, dir);
  await using running = await startBff({ spa: { dir } });
  await untilPage(running, 'one');
  await symlink(two, `${dir}-next`);
  await rename(`${dir}-next`, dir);
  await untilPage(running, 'two');
  for (const each of [dir, one, two]) await rm(each, { recursive: true });
});

test('a build of links, as a ConfigMap is mounted, is served', async () => {
  const dir = await write({ '..data/index.html': 'linked', '..data/assets/app-1a2b3c4d.js': 'app()' });
  await symlink('..data/index.html', join(dir, 'index.html'));
  await symlink('..data/assets', join(dir, 'assets'));
  await symlink('nowhere', join(dir, 'broken.js'));
  await symlink('.', join(dir, 'itself'));
  await using running = await startBff({ spa: { dir } });
  await untilPage(running, 'linked');
  expect((await ask(running, '/assets/app-1a2b3c4d.js')).body).toBe('app()');
  expect((await ask(running, '/broken.js')).status).toBe(404);
  await rm(dir, { recursive: true });
});
