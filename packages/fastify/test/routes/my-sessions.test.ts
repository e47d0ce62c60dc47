import { expect, test } from 'vitest';
import { signIn, startBff } from '../kit/start-bff.ts';

test('a user sees their sessions and ends the others', async () => {
  await using bff = await startBff();
  const first = await signIn(bff);
  const second = await signIn(bff);
  const list = JSON.parse(await (await second.browser.fetch('/api/me/sessions')).text());
  expect(list.sessions).toHaveLength(2);
  expect(list.sessions.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
  const ended = await second.browser.fetch('/api/me/sessions', { method: 'DELETE' });
  expect(await ended.json()).toEqual({ ended: 1 });
  expect(await (await first.browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
  expect(await (await second.browser.fetch('/api/me')).json()).toMatchObject({ authenticated: true });
});

test('another user’s session id is not found', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const answer = await browser.fetch('/api/me/sessions/somebody-elses', { method: 'DELETE' });
  expect(answer.status).toBe(404);
});
