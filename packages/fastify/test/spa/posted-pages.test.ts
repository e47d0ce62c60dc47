import { expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { startBff } from '../kit/start-bff.ts';

test.for(['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'image/png', 'nonsense'])(
  'a POST of %s to a page is 405 with Allow',
  async (type) => {
    using spa = makeSpaDir();
    await using bff = await startBff({ spa: { dir: spa.dir } });
    for (const path of ['/', '/profile', '/assets/app-1a2b3c4d.js']) {
      const headers = { 'content-type': type, origin: bff.url };
      const answer = await fetch(bff.url + path, { method: 'POST', headers, body: '{"half":' });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD']);
      expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' });
    }
  },
);
