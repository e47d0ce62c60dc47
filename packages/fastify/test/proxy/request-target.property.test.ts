import { posix } from 'node:path';
import { fuzzRuns } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { type ApiMatch, createApiRoutes } from '../../src/proxy/api-routes.ts';
import { parseRequestTarget } from '../../src/proxy/request-target.ts';

const findRoute = createApiRoutes(
  [
    { prefix: '/api/a', upstream: 'http://one.example/v1/a' },
    { prefix: '/api/a/deep', upstream: 'http://two.example/deep' },
    { prefix: '/api/whole', upstream: 'http://three.example' },
  ],
  '',
);
const bases: Readonly<Record<string, string>> = {
  'http://one.example': '/v1/a',
  'http://two.example': '/deep',
  'http://three.example': '',
};

const tricky = fc.constantFrom(
  ...[
    '/',
    '//',
    '\\',
    '.',
    '..',
    '...',
    '/./',
    '/../',
    ';',
    ';x=1',
    ':',
    '@',
    '&',
    '=',
    ',',
    '+',
    ' ',
    '\t',
    '\r\n',
  ],
  ...[
    '%2f',
    '%2F',
    '%5c',
    '%2e',
    '%2E%2e',
    '%25',
    '%252e',
    '%252f',
    '%25252e',
    '%00',
    '%0a',
    '%20',
    '%3b',
    '%3F',
  ],
  ...[
    '%23',
    '%',
    '%zz',
    '%u002e',
    '%c0%ae',
    '%e0%80%ae',
    '%ef%bc%8e',
    '%ef%bc%8f',
    '%C3%A9',
    '%7f',
    '\0',
    'é',
    '．',
  ],
  ...[
    'a',
    'deep',
    'whole',
    'admin',
    'api',
    'v1',
    'http://evil.example',
    '//evil.example',
    '#',
    '?',
    '[',
    '~',
  ],
);
/** A segment that climbs, as one server or another may understand it. */
const climbing = fc
  .tuple(
    fc.constantFrom('/', '%2f', '%5c', '\\', '//', ';/'),
    fc.constantFrom('..', '.', '%2e%2e', '.%2E', '%2e.', '%252e%252e', '%c0%ae%c0%ae', '．．'),
    fc.constantFrom(
      '',
      '',
      ';',
      ';x=1',
      '%3b',
      '%3Bx',
      '%20',
      ' ',
      '%00',
      '%2520',
      '%09',
      '%',
      '%23',
      '%3f',
      '%253F',
    ),
  )
  .map((parts) => parts.join(''));
const piece = fc.oneof({ weight: 3, arbitrary: tricky }, { weight: 2, arbitrary: climbing });
const start = fc.constantFrom(
  '/api/a',
  '/api/a/',
  '/api/a/deep',
  '/api/whole/',
  '/api/',
  '/',
  '',
  '//api/a/',
);
const target = fc
  .tuple(start, fc.array(piece, { maxLength: 5 }))
  .map(([first, parts]) => first + parts.join(''));

const find = (raw: string): ApiMatch | undefined => {
  try {
    return findRoute(parseRequestTarget(raw), 'GET');
  } catch (error) {
    if (error instanceof Problem && error.code === 'bad_request') return undefined;
    throw error;
  }
};

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

/** The path as servers of all kinds may read it: decoded or not, with matrix parameters cut, with backslashes turned. */
const readings = (path: string): readonly string[] => {
  const decoded = [path, decode(path), decode(decode(path)), decode(decode(decode(path)))];
  const cut = decoded.flatMap((one) => [
    one,
    one.replaceAll(/;[^/]*/g, ''),
    one.replaceAll(/[ ;][^/]*/g, ''),
  ]);
  const turned = cut.flatMap((one) => [one, one.replaceAll('\\', '/')]);
  return turned.flatMap((one) => [posix.normalize(one), new URL(`http://x${one}`).pathname]);
};

test('whatever target is asked for, no upstream reads a path beside its own', () => {
  fc.assert(
    fc.property(target, (raw) => {
      const match = find(raw);
      if (match === undefined) return;
      const base = bases[match.origin];
      const [path = ''] = match.target.split('?', 1);
      for (const reading of readings(path))
        expect(`${reading}/`.startsWith(`${base}/`), `${raw} was read as ${reading}`).toBe(true);
    }),
    fuzzRuns(5000),
  );
});

test('whatever passes is in the bytes that were sent, query and all, on one line', () => {
  fc.assert(
    fc.property(target, fc.string({ unit: 'binary-ascii', maxLength: 30 }), (raw, query) => {
      const match = find(`${raw}?${query}`);
      if (match === undefined) return;
      expect(match.target).toMatch(/^\/[\x21-\x7e]*$/);
      expect(match.target.slice(match.target.indexOf('?'))).toBe(`${raw}?${query}`.replace(/^[^?]*/, ''));
    }),
    fuzzRuns(2000),
  );
});
