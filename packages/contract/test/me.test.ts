import { expect, test } from 'vitest';
import { parseMe, problems } from '../src/index.ts';

const signedIn = {
  authenticated: true,
  user: { sub: 'ada', email: null },
  displayName: 'Ada',
  session: {
    id: 'handle',
    now: '2026-01-01T10:00:00.000Z',
    idleExpiresAt: '2026-01-01T10:30:00.000Z',
    expiresAt: '2026-01-01T22:00:00.000Z',
  },
  logoutUrl: '/logout',
};

test('both answers of /api/me are accepted, and nothing beyond them is kept', () => {
  expect(parseMe({ ...signedIn, extra: 1 })).toEqual(signedIn);
  expect(parseMe({ authenticated: false, loginUrl: '/login', extra: 1 })).toEqual({
    authenticated: false,
    loginUrl: '/login',
  });
});

test.for([
  ['null', null],
  ['a list', []],
  ['no authenticated', { loginUrl: '/login' }],
  ['no loginUrl', { authenticated: false }],
  ['a user without sub', { ...signedIn, user: {} }],
  ['a sub that is no text', { ...signedIn, user: { sub: 1 } }],
  ['no displayName', { ...signedIn, displayName: undefined }],
  ['a time that is none', { ...signedIn, session: { ...signedIn.session, now: 'soon' } }],
  ['no logoutUrl', { ...signedIn, logoutUrl: undefined }],
] as const)('%s is not an answer of /api/me', ([, value]) => {
  expect(() => parseMe(value)).toThrow(TypeError);
});

test('every problem has an error status and a title', () => {
  for (const { status, title } of Object.values(problems)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).not.toBe('');
  }
});
