import { expect, test } from 'vitest';
import { parseLogoutAnswer, parseSessionList } from '../src/index.ts';

const summary = {
  id: 's1',
  createdAt: '2026-01-01T10:00:00.000Z',
  lastSeenAt: '2026-01-01T11:00:00.000Z',
  browser: 'Firefox',
  system: 'Windows',
  current: true,
};

test('a list of sessions and an empty one are accepted', () => {
  const sessions = [{ ...summary, cookie: { name: 'foyer-3000', bytes: 171 } }, summary];
  expect(parseSessionList({ sessions, extra: 1 })).toEqual({ sessions });
  expect(parseSessionList({ sessions: [] })).toEqual({ sessions: [] });
});

test.for([
  ['null', null],
  ['a bare list', [summary]],
  ['no sessions', {}],
  ['sessions that are no list', { sessions: summary }],
  ['a session that is null', { sessions: [summary, null] }],
  ['an id that is no text', { sessions: [{ ...summary, id: 1 }] }],
  ['no browser', { sessions: [{ ...summary, browser: undefined }] }],
  ['a time that is none', { sessions: [{ ...summary, lastSeenAt: 'now' }] }],
  ['current as text', { sessions: [{ ...summary, current: 'true' }] }],
  ['a cookie that is null', { sessions: [{ ...summary, cookie: null }] }],
  ['a cookie without its name', { sessions: [{ ...summary, cookie: { bytes: 171 } }] }],
  ['a cookie whose size is text', { sessions: [{ ...summary, cookie: { name: 'foyer', bytes: '171' } }] }],
] as const)('%s is not a list of sessions', ([, value]) => {
  expect(() => parseSessionList(value)).toThrow(TypeError);
});

test('an answer of /logout names the next address, and any other answer is refused', () => {
  expect(parseLogoutAnswer({ redirectTo: '/', extra: 1 })).toEqual({ redirectTo: '/' });
  for (const value of [null, [], {}, { redirectTo: 1 }])
    expect(() => parseLogoutAnswer(value)).toThrow(TypeError);
});
