import { expect, test } from 'vitest';
import { findRedis } from '../src/redis.ts';

test('REDIS_PATH comes first, so that one machine can run the tests on Redis and on Valkey', () => {
  expect(findRedis({ REDIS_PATH: '/opt/valkey-server', PATH: '' })).toBe('/opt/valkey-server');
});

test('on a PATH without a server there is none', () => {
  expect(findRedis({ PATH: '' })).toBe(undefined);
});
