import { createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { type BegunLogin, cookieHeader, startBentBff } from '../kit/bent-login.ts';

const spa = 'https://app.example';

test.for([
  ['/profile?x=1', '/profile?x=1#'],
  ['/', '/#'],
  ['/#/notes/7?tab=2', '/#/notes/7?tab=2'],
  [`${spa}/after`, `${spa}/after#`],
  [`${spa}/after#part`, `${spa}/after#part`],
] as const)(
  'a login that ends at %s sends browsers to %s, and other clients to the very value',
  async ([returnTo, ofBrowsers]) => {
    const { bff, bent, begin, comeBack } = await startBentBff({}, { allowedOrigins: [spa] });
    const query = `?returnTo=${encodeURIComponent(returnTo)}`;
    expect((await comeBack(await begin(query))).headers.get('location')).toBe(ofBrowsers);
    for (const mode of [undefined, 'cors', 'no-cors']) {
      const { browser, state, nonce } = await begin(query);
      bent.nonce = nonce;
      const answer = await bff.app.inject({
        url: `/login/callback?code=a&state=${state}`,
        headers: { cookie: cookieHeader(browser, bff), ...(mode && { 'sec-fetch-mode': mode }) },
      });
      const { statusCode, headers } = answer;
      expect([mode, statusCode, headers.location]).toEqual([mode, 303, returnTo]);
    }
  },
);

test.for(['#_=_', '#state=x', '#access_token=x'])(
  'the fragment %s of a callback stays behind, whatever becomes of the callback',
  async (added) => {
    const { bff, bent, begin } = await startBentBff();
    const browser = createBrowser();
    const start = (hints = '') => begin(`?returnTo=/deep${hints}`, browser);
    const finish = (login: BegunLogin, query: string) => {
      bent.nonce = login.nonce;
      const url = `${bff.url}/login/callback?${query}&state=${login.state}${added}`;
      return browser.visit(url, { from: bent.issuer });
    };
    const silent = await finish(await start('&prompt=none'), 'error=login_required');
    const broken = await start();
    const first = await finish(await start(), 'code=a');
    const reloaded = await browser.visit(String(first.steps[0]?.url), { from: `${bff.url}/` });
    const page = await finish(broken, 'code=a&code=b');
    const step = /content="0;url=([^"]+)"/.exec(page.text)?.[1] ?? '';
    const stepped = await browser.visit(`${step}${added}`, { from: page.url });
    const arrived = [silent, first, reloaded, stepped].map(({ url }) => url);
    expect(arrived).toEqual(['/deep#', '/deep#', '/#', '/deep#'].map((end) => `${bff.url}${end}`));
  },
);

test('a login of someone who is signed in already adds no fragment', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const login = await begin();
  await comeBack(login);
  const page = await login.browser.visitWithoutFollowing('/login?returnTo=/deep', { from: `${bff.url}/` });
  expect([page.status, page.headers.get('location')]).toEqual([303, '/deep']);
});
