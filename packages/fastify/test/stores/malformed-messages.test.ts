import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis, startRedis } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

const malformed = [
  'hello',
  '',
  '{',
  'null',
  '[]',
  '"ended"',
  '{"ended":1,"reason":"logout"}',
  '{"ended":"a"}',
];

/** Opens the event stream of a session; returns what it has sent so far, and how to end the session. */
const openStream = async (bff: RunningBff) => {
  const { browser } = await signIn(bff);
  const pairs = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  const headers = { cookie: pairs.join('; ') };
  const me: { session: { id: string } } = JSON.parse(
    await (await fetch(`${bff.url}/api/me`, { headers })).text(),
  );
  const { body } = await fetch(`${bff.url}/api/me/events`, { headers });
  let sent = '';
  void (async () => {
    for await (const piece of body ?? []) sent += Buffer.from(piece).toString();
  })();
  return { sent: () => sent, id: me.session.id };
};

const expectUnharmed = async (url: string): Promise<void> => {
  const outside = await openSessionStore(url);
  onTestFinished(() => outside.close());
  await using bff = await startBff({ sessionStore: await openSessionStore(url) });
  const { sent, id } = await openStream(bff);
  await expect.poll(() => sent()).toContain('retry');
  for (const message of malformed) await outside.publish(message);
  await outside.publish(JSON.stringify({ ended: id, reason: 'revoked' }));
  await vi.waitFor(() => expect(sent()).toContain('"reason":"revoked"'), { timeout: 3000 });
  expect((await fetch(`${bff.url}/readyz`)).status).toBe(200);
};

test('messages in sqlite that no process of ours wrote end no process and no stream', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-messages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await expectUnharmed(`sqlite:${join(folder, 'sessions.db')}`);
});

test.runIf(findRedis() !== undefined)(
  'messages in Redis that no process of ours sent end no process and no stream',
  async () => {
    await using redis = await startRedis();
    await expectUnharmed(redis.url);
  },
);

test('a listener that throws keeps a message from no other one, and from no publisher', async () => {
  const store = await openSessionStore('memory:');
  onTestFinished(() => store.close());
  const heard: string[] = [];
  store.subscribe(() => {
    throw new Error('A fault of the listener');
  });
  store.subscribe((message) => heard.push(message));
  await store.publish('ended');
  expect(heard).toEqual(['ended']);
});
