import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { findProgram, launchChromium } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { ask, portOf, startWith } from './foreign-spa.ts';

const openssl = findProgram(['openssl']);
const [app, api] = ['app.example.test', 'api.example.test'];

/** A key and a certificate that no one trusts, for as long as the test runs. */
const makeCertificate = (): { readonly key: Buffer; readonly cert: Buffer } => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-hosts-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=test'];
  execFileSync(`${openssl}`, ['req', '-x509', ...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
};

/** Ends TLS, and passes what is in it to a port that is known by the first connection. */
const endTls = async (target: () => number): Promise<Server> => {
  const server = createTlsServer(makeCertificate(), (secure) => {
    const plain = connect(target(), 'localhost');
    secure.on('error', () => plain.destroy()).pipe(plain);
    plain.on('error', () => secure.destroy()).pipe(secure);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
};

const startPages = async (): Promise<number> => {
  const server = createHttpServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>SPA</title><p>A page</p>');
  }).listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return portOf(server);
};

test.runIf(openssl !== undefined)(
  'over https a SPA on app. and the BFF on api. are one site: sign-in, calls, events and sign-out, with __Host-Http- cookies',
  async () => {
    const pages = await startPages();
    const spa = `https://${app}:${portOf(await endTls(() => pages))}`;
    let bffPort = 0;
    const bff = `https://${api}:${portOf(await endTls(() => bffPort))}`;
    const variables = { ALLOWED_ORIGINS: spa, SESSION_KEYS: randomBytes(32).toString('base64') };
    const [product, chromium] = await Promise.all([
      startWith(variables, () => bff),
      launchChromium({ hosts: [app, api] }),
    ]);
    bffPort = Number(new URL(product.url).port);
    const page = await (await chromium.newContext({ ignoreHTTPSErrors: true })).newPage();

    await page.goto(spa);
    expect(await ask(page, `${bff}/api/me`)).toBe('200 {"authenticated":false,"loginUrl":"/login"}');
    await page.goto(`${bff}/login?returnTo=${encodeURIComponent(`${spa}/after?x=1#part`)}`);
    await page.getByRole('button', { name: 'Ada Lovelace' }).click();
    await page.getByText('A page').waitFor();
    expect(page.url()).toBe(`${spa}/after?x=1#part`);
    const cookies = await page.context().cookies(bff);
    expect(cookies.filter(({ name }) => !name.endsWith('-rounds'))).toMatchObject([
      {
        name: `__Host-Http-foyer-${new URL(bff).port}`,
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        domain: api,
      },
    ]);
    expect(await ask(page, `${bff}/api/me`)).toContain('"displayName":"Ada Lovelace"');
    expect(await ask(page, `${bff}/api/things/1`, "method: 'DELETE', headers: { 'x-a': '1' }")).toBe(
      '200 ok',
    );
    expect(await ask(page, `${bff}/api/%zz`)).toContain('"code":"bad_request"');

    await page.evaluate(`new Promise((opened) => {
      const source = new EventSource('${bff}/api/me/events', { withCredentials: true });
      window.ended = new Promise((done) => source.addEventListener('signed-out', (event) => done(event.data)));
      source.onopen = () => opened();
    })`);
    const json = "method: 'POST', headers: { accept: 'application/json' }";
    expect(await ask(page, `${bff}/logout`, json)).toMatch(/^200 \{"redirectTo":"http/);
    expect(await page.evaluate('window.ended')).toBe('{"reason":"logout"}');
    expect(await ask(page, `${bff}/api/me`)).toContain('"authenticated":false');
    expect(await page.context().cookies(bff)).toEqual([]);

    await chromium.close();
    await product.close();
  },
);
