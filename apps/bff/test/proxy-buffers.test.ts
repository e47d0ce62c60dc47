import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, findProgram, freePort } from '@foyer/testkit';
import { expect, test, vi } from 'vitest';
import { parseEnvironment } from '../src/environment/settings.ts';
import { startServer } from '../src/server.ts';
import { createSessionKey } from './kit/keys.ts';
import { startPlainNginx } from './kit/start-front.ts';

const nginx = findProgram(['nginx'], `${process.env.PATH}:/usr/sbin`);

/** 2,047 characters that no compression makes short. */
const longText = randomBytes(1600).toString('base64url').slice(0, 2047);

test.runIf(nginx)(
  'behind an nginx with its own buffers of 4 kB a long returnTo, and a sign-out with many logins in flight, come through',
  { timeout: 60_000 },
  async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const folder = mkdtempSync(join(tmpdir(), 'foyer-buffers-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>A page</title>');
    const [port, inner] = [await freePort(), await freePort()];
    const url = `https://localhost:${port}`;
    await using provider = await startDevProvider({ publicUrls: [url] });
    const app = await startServer(
      parseEnvironment({
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: provider.clientId,
        OIDC_CLIENT_SECRET: provider.clientSecret,
        PUBLIC_URL: url,
        PORT: String(inner),
        SESSION_STORE: 'memory:',
        SESSION_KEYS: createSessionKey(),
        SPA_DIR: folder,
        LOG_LEVEL: 'silent',
      }),
    );
    const child = await startPlainNginx(nginx ?? '', { folder, port, upstream: inner });
    try {
      const browser = createBrowser();
      const returnTo = `/${longText}`;
      for (let tab = 0; tab < 6; tab += 1) {
        const start = await browser.visitWithoutFollowing(`${url}/login?returnTo=${returnTo}`);
        expect([tab, start.status]).toEqual([tab, 303]);
      }
      await browser.visit(`${url}/login?returnTo=${returnTo}`);
      const page = await browser.submit({ button: 'Ada Lovelace' });
      expect(new URL(page.url).pathname).toBe(returnTo);
      for (let tab = 0; tab < 5; tab += 1) await browser.visitWithoutFollowing(`${url}/login?prompt=login`);
      const out = await browser.visitWithoutFollowing(`${url}/logout`, {
        method: 'POST',
        form: {},
        from: url,
      });
      expect([out.status, out.headers.get('location')?.startsWith(provider.issuer)]).toEqual([303, true]);
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.all([ended, app.close()]);
      rmSync(folder, { recursive: true });
      vi.unstubAllEnvs();
    }
  },
);
