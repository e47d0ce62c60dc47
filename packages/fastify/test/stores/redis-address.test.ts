import { expect, test } from 'vitest';
import { isSessionStoreUrl } from '../../src/stores/open-session-store.ts';
import { parseRedisAddress } from '../../src/stores/redis/redis-connection.ts';

const plain = {
  isSecure: false,
  username: undefined,
  password: undefined,
  name: 'mymaster',
  database: 0,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
};

test.for([
  ['redis+sentinel://one', { ...plain, kind: 'sentinel', nodes: [{ host: 'one', port: 26_379 }] }],
  [
    'rediss+sentinel://foyer:p%40ss@one:1,two:2/sessions/3?sentinelUsername=s&sentinelPassword=a%26b',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'one', port: 1 },
        { host: 'two', port: 2 },
      ],
      isSecure: true,
      username: 'foyer',
      password: 'p@ss',
      name: 'sessions',
      database: 3,
      sentinelUsername: 's',
      sentinelPassword: 'a&b',
    },
  ],
  [
    'redis+cluster://:secret@[::1]:7000,two',
    {
      ...plain,
      kind: 'cluster',
      password: 'secret',
      nodes: [
        { host: '::1', port: 7000 },
        { host: 'two', port: 6379 },
      ],
    },
  ],
  ['rediss://user:password@one:6380/1', undefined],
] as const)('%s is read', ([url, address]) => {
  expect(parseRedisAddress(url)).toEqual(address);
  expect(isSessionStoreUrl(url)).toBe(true);
});

test.for([
  'redis+cluster://',
  'redis+cluster://one,,two',
  'redis+cluster://one:x',
  'redis+sentinel://one/name/zero',
  'redis+sentinel://one/name/0/more',
  'redis+other://one',
  'redis+cluster:one',
])('%s is no address', (url) => {
  expect(() => parseRedisAddress(url)).toThrow(TypeError);
  expect(isSessionStoreUrl(url)).toBe(false);
});
