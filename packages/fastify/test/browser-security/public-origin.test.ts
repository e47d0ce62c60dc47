import { expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { startBff } from '../kit/start-bff.ts';

const accept = 'text/html';

test('a page opened on another loopback name is sent to the public URL, as often as a person opens it', async () => {
  using spa = makeSpaDir();
  let now = Date.now();
  await using bff = await startBff({ spa: { dir: spa.dir }, clock: () => now });
  const headers = { accept, host: `127.0.0.1:${new URL(bff.url).port}` };
  for (let count = 0; count < 12; count += 1) {
    const { statusCode, headers: answered } = await bff.app.inject({ url: '/profile?x=1', headers });
    expect([statusCode, answered.location]).toEqual([303, `${bff.url}/profile?x=1`]);
    now += 700;
  }
});

test.for([
  ['strips the port', 'localhost'],
  ['names the server behind it', '127.0.0.1:9999'],
] as const)(
  'behind a proxy that %s a page is there after three redirects, sign-in too, and the log says why',
  async ([, host]) => {
    using spa = makeSpaDir();
    await using bff = await startBff({ spa: { dir: spa.dir } });
    const get = (url: string) => bff.app.inject({ url, headers: { accept, host } });
    for (const url of ['/', '/login']) {
      const answers = [await get(url), await get(url), await get(url), await get(url)];
      expect(answers.map(({ headers }) => headers.location).slice(0, 3)).toEqual(
        Array.from({ length: 3 }, () => `${bff.url}${url}`),
      );
      expect(answers[3]?.headers.location ?? 'a page').toMatch(
        url === '/' ? /^a page$/ : new RegExp(`^${bff.provider.issuer}`),
      );
    }
    expect(bff.log.filter(({ event }) => event === 'host_changed')).toMatchObject([{ level: 40 }]);
  },
);
