import { fuzzRuns } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReturnTo } from '../../src/login/return-to.ts';

const options = {
  publicOrigin: 'https://app.example',
  basePath: '',
  allowedOrigins: ['https://spa.example'],
};

const tricky = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '.',
    '..',
    '/./',
    '/../',
    ';',
    '@',
    ':',
    '?',
    '#',
    '&',
    '=',
    ' ',
    '\t',
    '\n',
    '\r',
    '\0',
  ],
  ...['%2f', '%2F', '%5c', '%2e', '%25', '%252f', '%25252e', '%09', '%00', '%c0%af', '%u2215', '%', '%zz'],
  ...['evil.example', 'app.example', 'spa.example', 'https:', 'http:', 'https://', 'javascript:', 'data:'],
  ...['https://app.example', 'https://spa.example', 'user@', ':443', ':8443', '[::1]', '0x7f.1', '。', '．'],
  ...[
    '／',
    '＼',
    '\u2028',
    '\u200b',
    '\u202e',
    'ü',
    '😀',
    '\ud800',
    'api',
    'login',
    'logout',
    'callback',
    'a',
  ],
);

const anything = fc.oneof(
  { weight: 6, arbitrary: fc.array(tricky, { maxLength: 10 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
  { weight: 1, arbitrary: fc.webPath().map((path) => `/${path}`) },
);

/** Where a browser goes that gets `location` in the answer to a callback. */
const follow = (location: string): URL =>
  new URL(location, `${options.publicOrigin}/login/callback?code=x&state=y`);

test('wherever a login is asked to end, the browser ends on our own or an allowed origin', () => {
  fc.assert(
    fc.property(anything, (asked) => {
      const location = parseReturnTo(asked, options);
      const { origin, username, password } = follow(location);
      expect([options.publicOrigin, ...options.allowedOrigins]).toContain(origin);
      expect(username + password).toBe('');
      expect(location).toMatch(/^[\x21-\x7e]{1,2048}$/);
    }),
    fuzzRuns(3000),
  );
});

test('and the address leads there when it is read once more, decoded or not', () => {
  fc.assert(
    fc.property(anything, (asked) => {
      const location = parseReturnTo(asked, options);
      expect(parseReturnTo(location, options)).toBe(location);
      const { pathname, origin } = follow(location);
      expect(pathname).not.toMatch(/^[/\\]{2}/);
      expect(new URL(pathname, origin).origin).toBe(origin);
      expect(pathname).not.toMatch(/^\/(api(\/|$)|login(\/callback)?\/*$|logout(\/backchannel)?\/*$)/i);
    }),
    fuzzRuns(3000),
  );
});

const segment = fc.stringMatching(/^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,11}$/);
const pair = fc.tuple(segment, fc.string({ maxLength: 12 }));

test('ordinary deep links with query and fragment survive unchanged', () => {
  fc.assert(
    fc.property(
      fc.array(segment, { minLength: 1, maxLength: 5 }),
      fc.array(pair, { maxLength: 4 }),
      fc.option(segment),
      (segments, pairs, fragment) => {
        const query = new URLSearchParams(pairs).toString();
        const path = `/spa-${segments.join('/')}`;
        const link = `${path}${query && `?${query}`}${fragment === null ? '' : `#${fragment}`}`;
        expect(parseReturnTo(link, options)).toBe(link);
        expect(parseReturnTo(`https://spa.example${link}`, options)).toBe(`https://spa.example${link}`);
      },
    ),
    fuzzRuns(1000),
  );
});

test('a return-to that is not text is ignored', () => {
  fc.assert(
    fc.property(
      fc.anything().filter((value) => typeof value !== 'string'),
      (value) => {
        expect(parseReturnTo(value, options)).toBe('/');
      },
    ),
    fuzzRuns(300),
  );
});
