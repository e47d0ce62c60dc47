import { signIn } from '@foyer/dev-provider';
import { askRaw } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { startBff } from '../kit/start-bff.ts';

const evil = 'evil.example';
const query = `returnTo=https://${evil}&redirect_uri=https://${evil}&post_logout_redirect_uri=https://${evil}&error_uri=//${evil}`;
const targets = ['/login', '/logout', '/login/callback', '/', '/x'].flatMap((path) => [
  `${path}?${query}`,
  `/${path}`,
  `//${evil}${path}`,
  `/.//${evil}${path}`,
  `/\\${evil}${path}`,
  `http://${evil}${path}?${query}`,
  `http://localhost:1@${evil}${path}`,
]);
const hostsBeside = (host: string): readonly string[] => [
  host,
  evil,
  `${host}.${evil}`,
  `x@${evil}`,
  '127.0.0.1:1',
  `localhost:1/@${evil}`,
];

test('nothing but the provider and our own origin is ever in a Location, however a request is bent', async () => {
  using spa = makeSpaDir();
  await using bff = await startBff({ rateLimitLogin: 0, spa: { dir: spa.dir } });
  const { host, port } = new URL(bff.url);
  const origins = [bff.url, bff.provider.issuer];
  const cookie = `Cookie: ${await signIn(`${bff.url}/login`, 'Ada Lovelace')}\r\n`;
  const requests = ['', cookie].flatMap((brought) => targets.map((target) => ({ target, brought })));
  let redirects = 0;
  for (const { target, brought } of requests) {
    for (const name of hostsBeside(host)) {
      const { status, headers } = await askRaw(
        Number(port),
        `GET ${target} HTTP/1.1\r\nHost: ${name}\r\nAccept: text/html\r\nX-Forwarded-Host: ${evil}\r\nReferer: https://${evil}/\r\n${brought}\r\n`,
      );
      expect(status).toBeLessThan(500);
      const location = headers.find(([one]) => one === 'location')?.[1];
      if (location === undefined) continue;
      redirects += 1;
      expect([target, name, origins]).toEqual([
        target,
        name,
        expect.arrayContaining([new URL(location, bff.url).origin]),
      ]);
    }
  }
  expect(redirects).toBeGreaterThan(20);
});
