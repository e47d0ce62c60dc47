import { expect, test } from 'vitest';
import { parseRequestTarget } from '../../src/proxy/request-target.ts';

test.each([
  '/api/../x',
  '/api/%2e%2e/x',
  '/api/%252e/x',
  '/api/..;a/x',
  '/api/..',
  '/api/.',
  '/api/./x',
  '/api/a/..b/../',
  '/api/..%3Ba/x',
  '/api/..%20/x',
  '/api/.%20',
  '/api/..%2520/x',
  '/api/..%23',
  '/api/.%3F/x',
  '/api/..%253fx',
  '/api/a%2fb',
  '/api\\x',
  '/api//x',
  'http://h/api',
  '/api/%00',
  '/api/x#f',
])('the target %s is refused', (target) =>
  expect(() => parseRequestTarget(target)).toThrow(expect.objectContaining({ code: 'bad_request' })),
);

test('an innocent query passes untouched', () => {
  expect(parseRequestTarget('/api/a%20b?q=../%2f%')).toEqual({ path: '/api/a%20b', query: '?q=../%2f%' });
});

test.each(['/api/orders', '/api/v1.2/a_b/~ada-1/', '/api/a.b..c', '/api/x./y'])(
  'the plain path %s passes untouched',
  (path) => {
    expect(parseRequestTarget(path)).toEqual({ path, query: '' });
  },
);
