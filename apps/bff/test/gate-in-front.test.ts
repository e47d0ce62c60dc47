import { launchChromium } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from './kit/start-app.ts';
import { findFronts } from './kit/start-front.ts';

const page = `<!doctype html><title>Notes</title><h1>Notes</h1>`;

/** A static site; a front that asks the gate, as docs/gate.md writes it, serves it. */
const files = {
  'docs/page.html': page,
  'index.html': '<!doctype html><h1>Start</h1>',
  'style.css': 'h1 { color: rgb(1, 2, 3) }',
};

test.for(findFronts('docs/gate.md'))(
  'behind $name as in docs/gate.md a static site is for signed-in people alone',
  async ({ start }) => {
    const variables = { GATE: 'on', TRUST_PROXY: '127.0.0.1' };
    const { url } = await startApp({ variables, startFront: start, files });
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
