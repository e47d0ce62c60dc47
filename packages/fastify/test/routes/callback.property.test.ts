import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('<state>', '<issuer>', 'code-1') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', '<issuer>/', 'x'.repeat(9000), 'a\0b', 'a\r\nb', '\u0085'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('code', 'state', 'iss') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'session_state',
      'error',
      'CODE',
      'code[]',
      'id_token',
      'x',
      'a\tb',
      '__proto__',
    ),
  },
);
const more = fc.array(fc.tuple(name, value), { maxLength: 3 });
const sound = fc.constantFrom<(readonly (readonly [string, string])[])[]>(
  [
    ['code', 'code-1'],
    ['state', '<state>'],
  ],
  [
    ['state', '<state>'],
    ['iss', '<issuer>'],
    ['code', 'code-1'],
  ],
  [['state', '<state>']],
  [],
);

/** What is acceptable: one `state`, ours; one `code`; no `error`, or an empty one; `iss` the issuer's; whatever else there is. */
const isAcceptable = (query: URLSearchParams, state: string, issuer: string): boolean => {
  const pairs = [...query].filter(([one]) => ['code', 'state', 'iss', 'error'].includes(one));
  const names = pairs.map(([one]) => one);
  const isPlain = (text: string): boolean =>
    [...text].every((character) => {
      const code = character.codePointAt(0) ?? 0;
      return code > 31 && (code < 127 || code > 159);
    });
  return (
    new Set(names).size === names.length &&
    pairs.every(([, text]) => isPlain(text) && text.length <= 8192) &&
    query.get('state') === state &&
    (query.get('code') ?? '') !== '' &&
    (query.get('error') ?? '') === '' &&
    (query.get('iss') ?? issuer) === issuer
  );
};

test(
  'a callback signs in exactly when it is sound, and else makes no token request and no error of ours',
  async () => {
    const { bff, bent, begin } = await startBentBff();
    await fc.assert(
      fc.asyncProperty(sound, more, async (base, added) => {
        const { browser, state, nonce } = await begin();
        bent.nonce = nonce;
        const pairs = [...base, ...added].map(([one, text]): [string, string] => [
          one,
          text.replace('<state>', state).replace('<issuer>', bent.issuer),
        ]);
        const query = new URLSearchParams(pairs);
        const before = bent.count('token');
        const answer = await bff.app.inject({
          url: `/login/callback?${query}`,
          headers: { cookie: cookieHeader(browser, bff) },
        });
        const hasSession = String(answer.headers['set-cookie'] ?? '').includes('SameSite=Strict');
        const isSound = isAcceptable(new URLSearchParams(query.toString()), state, bent.issuer);
        expect([hasSession, answer.statusCode === 303, bent.count('token') - before]).toEqual(
          isSound ? [true, true, 1] : [false, false, 0],
        );
        expect(answer.statusCode).not.toBe(500);
      }),
      fuzzRuns(150),
    );
  },
  fuzzTimeout,
);
