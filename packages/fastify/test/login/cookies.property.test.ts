import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startBentBff } from '../kit/bent-login.ts';

test(
  'whatever cookies are sent, the visitor is anonymous and the answer no error',
  async () => {
    const { bff, begin, comeBack } = await startBentBff();
    const login = await begin();
    await comeBack(login);
    const [session] = login.browser.cookies(bff.url);
    const pending = (await begin()).browser.cookies(bff.url)[0];
    const { name = '', value = '' } = session ?? {};
    const parts = value.split('.');
    const piece = fc.oneof(
      fc.constantFrom(name, `${name}=`, value, pending?.name ?? '', pending?.value ?? '', ...parts),
      fc.constantFrom(
        '=',
        ';',
        '; ',
        '"',
        ',',
        ' ',
        '\t',
        '.',
        '%',
        '%3B',
        '-login-',
        '__Host-',
        '$Version=1',
      ),
      fc.nat(value.length).map((length) => value.slice(length)),
      fc.string({ unit: 'binary-ascii', maxLength: 12 }).map((text) => text.replace(/[\0\r\n]/g, '')),
    );
    const header = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    const isWhole = (cookie: string): boolean =>
      cookie.split(';').some((one) => one.trim().startsWith(`${name}=`) && one.trim().endsWith(value));
    await fc.assert(
      fc.asyncProperty(
        header.filter((cookie) => !isWhole(cookie)),
        async (cookie) => {
          const answer = await bff.app.inject({ url: '/api/me', headers: { cookie } });
          expect([answer.statusCode, answer.body]).toEqual([
            200,
            '{"authenticated":false,"loginUrl":"/login"}',
          ]);
          expect(answer.headers['set-cookie']).toBeUndefined();
          const start = await bff.app.inject({ url: '/login', headers: { cookie } });
          expect(start.statusCode).toBe(303);
          const left = await bff.app.inject({
            url: '/logout',
            method: 'POST',
            headers: { cookie, 'x-csrf': '1' },
          });
          expect(left.statusCode).toBe(303);
        },
      ),
      fuzzRuns(150),
    );
    expect(bff.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  },
  fuzzTimeout,
);
