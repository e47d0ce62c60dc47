import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseReturnTo } from '../../src/login/return-to.ts';

const options = {
  publicOrigin: 'https://app.example',
  basePath: '',
  allowedOrigins: ['https://spa.example'],
};

test.for([
  '/',
  '/profile',
  '/profile?x=1&y=a%20b#part',
  '/search?q=https%3A%2F%2Fother.example%2F',
  '/search?next=/../x',
  '/#/profile?tab=1',
  '/caf%C3%A9',
  '/loginx',
  '/apix/y',
])('the deep link %s survives unchanged', (link) => {
  expect(parseReturnTo(link, options)).toBe(link);
});

test.for([
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  'https://evil.example/',
  'https:evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '/%2F%2Fevil.example',
  '/%2f/evil.example',
  '/%252f%252fevil.example',
  '/%5cevil.example',
  '/%255cevil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e//evil.example',
  '/..//evil.example',
  'https://app.example@evil.example/',
  'https://app.example.evil.example/',
  'https://app.example:8443/',
  'http://app.example/',
  '/\u2028/evil.example',
  '/login',
  '/login?x=1',
  '/%6cogin',
  '/login/callback',
  '/logout',
  '/logout/backchannel',
  '/api/me',
  '/api',
  '/healthz',
  '/readyz/',
  '',
  'profile',
])('the trick %j becomes /', (trick) => {
  expect(parseReturnTo(trick, options)).toBe('/');
});

test('a return-to of more than 2,048 characters becomes /', () => {
  expect(parseReturnTo(`/${'a'.repeat(2047)}`, options)).toHaveLength(2048);
  expect(parseReturnTo(`/${'a'.repeat(2048)}`, options)).toBe('/');
});

test('only text is a return-to', () => {
  expect(parseReturnTo(['/profile', '/x'], options)).toBe('/');
  expect(parseReturnTo(undefined, options)).toBe('/');
});

test('an absolute URL of our own origin is kept as its path', () => {
  expect(parseReturnTo('https://app.example/deep?x=1#y', options)).toBe('/deep?x=1#y');
  expect(parseReturnTo('https://app.example', options)).toBe('/');
});

test('an absolute URL is kept on an allowed origin only', () => {
  expect(parseReturnTo('https://spa.example/deep?x=1#y', options)).toBe('https://spa.example/deep?x=1#y');
  expect(parseReturnTo('https://spa.example@evil.example/', options)).toBe('/');
  expect(parseReturnTo('https://user@spa.example/', options)).toBe('/');
});

test('whatever is asked for, the browser ends on our own origin', () => {
  const pieces = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2f',
    '%5c',
    '%2e',
    '%25',
    '@',
    ':',
    '?',
    '#',
    'evil.example',
    'https:',
    'https://evil.example',
    '//evil.example/',
    ' ',
    '\t',
    'ü',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const target = new URL(parseReturnTo(parts.join(''), options), options.publicOrigin);
      expect(target.origin).toBe(options.publicOrigin);
      expect(target.pathname.startsWith('//')).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
