import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { signIn, startBff } from '../kit/start-bff.ts';

const sources = ['../../src/', '../../../../apps/bff/src/'].map((path) => new URL(path, import.meta.url));

test('signing in and out, ending sessions, refusals and foreign logout tokens are in the log by name', async () => {
  await using bff = await startBff();
  await signIn(bff);
  const { browser } = await signIn(bff);
  await browser.fetch('/api/me/sessions', { method: 'DELETE', from: bff.url });
  await browser.fetch('/logout', { method: 'POST', from: bff.url });
  await fetch(`${bff.url}/login/callback?code=x&state=y`);
  await fetch(`${bff.url}/logout/backchannel`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: 'x.y.z' }),
  });
  const { session } = bff.log.findLast(({ event }) => event === 'login') ?? {};
  const events = bff.log.filter(({ event }) => event !== undefined);
  expect(events.map(({ event, level }) => [event, level])).toEqual([
    ['login', 30],
    ['login', 30],
    ['sessions_revoked', 30],
    ['logout', 30],
    ['refusal', 30],
    ['backchannel_refused', 40],
  ]);
  expect(events).toMatchObject([
    {},
    { session },
    { session, ended: 1 },
    { session },
    { code: 'login_not_started' },
    {},
  ]);
  expect(events.every(({ requestId }) => typeof requestId === 'string')).toBe(true);
});

test('every log line is an event of the table that docs/events.md is made from, or the line of a request', () => {
  const files = sources.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => new URL(name, folder)),
  );
  expect(files.length).toBeGreaterThan(100);
  const writes = files.filter((file) =>
    /log\.(info|warn|error|fatal)\(|#stream\.write\(/.test(readFileSync(file, 'utf8')),
  );
  expect(writes.map(({ pathname }) => pathname.split('/').slice(-2).join('/'))).toEqual([
    'logging/request-log.ts',
  ]);
});
