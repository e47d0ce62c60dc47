import { randomBytes } from 'node:crypto';
import { createBrowser, findProgram } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startApp } from './kit/start-app.ts';
import { startPlainNginx } from './kit/start-front.ts';

const nginx = findProgram(['nginx'], `${process.env.PATH}:/usr/sbin`);

/** 2,047 characters that no compression makes short. */
const longText = randomBytes(1600).toString('base64url').slice(0, 2047);

test.runIf(nginx)(
  'behind an nginx with its own buffers of 4 kB a long returnTo, and a sign-out with many logins in flight, come through',
  { timeout: 60_000 },
  async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { url, provider } = await startApp({
      startFront: (options) => startPlainNginx(nginx ?? '', options),
    });
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
  },
);
