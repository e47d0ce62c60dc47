import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort, launchChromium } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { parseEnvironment } from '../src/environment/settings.ts';
import { startServer } from '../src/server.ts';
import { createSessionKey } from './kit/keys.ts';
import { findFronts } from './kit/start-front.ts';

const page = `<!doctype html><title>Notes</title><h1>Notes</h1>`;

/** A static site behind a front that asks the gate, as docs/gate.md writes it. */
const startGated = async (start: ReturnType<typeof findFronts>[number]['start']) => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-gate-'));
  // The workers of nginx may be another user.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'docs', 'page.html'), page);
  writeFileSync(join(folder, 'index.html'), '<!doctype html><h1>Start</h1>');
  writeFileSync(join(folder, 'style.css'), 'h1 { color: rgb(1, 2, 3) }');
  const [port, inner] = [await freePort(), await freePort()];
  const url = `https://localhost:${port}`;
  const provider = await startDevProvider({ publicUrls: [url], clientSecret: 'a-secret-of-these-tests' });
  const app = await startServer(
    parseEnvironment({
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      PUBLIC_URL: url,
      PORT: String(inner),
      TRUST_PROXY: '127.0.0.1',
      SESSION_STORE: 'memory:',
      SESSION_KEYS: createSessionKey(),
      SPA_DIR: folder,
      GATE: 'on',
      LOG_LEVEL: 'silent',
    }),
  );
  const child = await start({ folder, port, upstream: inner });
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.all([ended, app.close()]);
    await provider.close();
    rmSync(folder, { recursive: true });
  });
  return { url };
};

test.for(findFronts('docs/gate.md'))(
  'behind $name as in docs/gate.md a static site is for signed-in people alone',
  async ({ start }) => {
    const { url } = await startGated(start);
    const chromium = await launchChromium();
    onTestFinished(() => chromium.close());
    const context = await chromium.newContext({ ignoreHTTPSErrors: true });
    const tab = await context.newPage();
    const ask = async (path: string, headers = {}): Promise<readonly [number, string]> => {
      const answer = await context.request.get(`${url}${path}`, { headers, maxRedirects: 0 });
      return [answer.status(), await answer.text()];
    };

    const [status, body] = await ask('/docs/page.html', { 'x-auth-subject': 'ada' });
    expect([status, JSON.parse(body).code]).toEqual([401, 'unauthenticated']);

    await tab.goto(`${url}/docs/page.html?x=1`);
    await tab.getByRole('button', { name: 'Ada Lovelace' }).click();
    await tab.getByRole('heading', { name: 'Notes' }).waitFor();
    expect(tab.url()).toBe(`${url}/docs/page.html?x=1`);
    const style = await tab.evaluate("fetch('/style.css').then((answer) => answer.text())");
    expect(style).toContain('rgb(1, 2, 3)');

    await tab.goto('data:text/html,<p>Elsewhere</p>');
    await tab.setContent(`<a href="${url}/docs/page.html">Notes</a>`);
    await tab.getByRole('link').click();
    await tab.getByRole('heading', { name: 'Notes' }).waitFor();

    expect((await ask('/style.css'))[0]).toBe(200);
    expect((await ask('/gate?token=true', { 'x-forwarded-uri': '/x' }))[0]).toBe(404);

    await tab.goto(`${url}/logout`);
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('button', { name: 'Sign out' }).click();
    await tab.getByRole('button', { name: 'Ada Lovelace' }).waitFor();
    expect((await ask('/style.css'))[0]).toBe(401);
  },
);
