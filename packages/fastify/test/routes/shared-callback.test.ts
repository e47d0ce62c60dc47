import { hash } from 'node:crypto';
import { createBrowser } from '@foyer/testkit';
import { expect, test, vi } from 'vitest';
import { openSessionStore, type SessionStore } from '../../src/index.ts';
import { cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { createSessionKey, startBff } from '../kit/start-bff.ts';
import type { Answer, Json } from '../provider/bent-provider.ts';

/** Two replicas over one store, beside a provider whose token endpoint waits for `go`. */
const startReplicas = async (
  answer: (base: Json) => Pick<Answer, 'status' | 'body'>,
  { claimed, ...options }: Partial<Record<'onLogin' | 'claimed', () => Promise<undefined>>> = {},
) => {
  const go = Promise.withResolvers<void>();
  const store = await openSessionStore('memory:');
  const claim = vi.fn<SessionStore['claim']>(async (...given) => {
    const isFirst = await store.claim(...given);
    if (!isFirst) await claimed?.();
    return isFirst;
  });
  const given = { sessionKeys: [createSessionKey()], sessionStore: { ...store, claim } };
  const one = await startBentBff(
    {
      token: (base) => ({
        write: (response) => {
          const { status = 200, body } = answer(base);
          go.promise.then(() => {
            response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
          }, expect.fail);
        },
      }),
    },
    { ...given, ...options },
  );
  const { issuer, clientId, clientSecret } = one.bent;
  const publicUrl = one.bff.url;
  const other = await startBff({ ...given, issuer, clientId, clientSecret, publicUrl, rateLimitLogin: 0 });
  const login = await one.begin('?returnTo=/deep');
  one.bent.nonce = login.nonce;
  const headers = { cookie: cookieHeader(login.browser, one.bff), host: new URL(publicUrl).host };
  const ask = async ({ app }: typeof other, code = 'a') => {
    const answered = await app.inject({ url: `/login/callback?code=${code}&state=${login.state}`, headers });
    return { status: answered.statusCode, location: answered.headers.location, answered };
  };
  /** Until so many callbacks have found out whether they are the first. */
  const arrived = (count: number) => expect.poll(() => claim).toHaveBeenCalledTimes(count);
  return { one, other, ask, arrived, go, store, state: login.state };
};

const sessionCookie = (lines: readonly string[]): string =>
  lines.find((line) => line.includes('SameSite=Strict'))?.split(';')[0] ?? '';

test('the same callback at another replica makes no second token request, and is signed in by the first', async () => {
  const { one, other, ask, arrived, go } = await startReplicas((body) => ({ body }));
  const first = ask(one.bff);
  await expect.poll(() => one.bent.count('token')).toBe(1);
  const second = ask(other);
  const wrongCode = ask(other, 'b');
  await arrived(3);
  go.resolve();
  const answers = await Promise.all([first, second]);
  expect(answers.map(({ status, location }) => [status, location])).toEqual(Array(2).fill([303, '/deep']));
  const ids: unknown[] = [];
  for (const { answered } of answers) {
    const cookie = sessionCookie([answered.headers['set-cookie'] ?? []].flat());
    const me = await one.bff.app.inject({ url: '/api/me', headers: { cookie } });
    ids.push(me.json().session.id);
  }
  expect(ids[0]).toBe(ids[1]);
  expect(one.bent.count('token')).toBe(1);
  const { status, answered } = await wrongCode;
  expect([status, answered.json().code]).toEqual([400, 'login_not_started']);
  const replay = await ask(other);
  expect([replay.status, replay.answered.json().code]).toEqual([400, 'login_not_started']);
  await other[Symbol.asyncDispose]();
});

test('a callback that came while the first was under way shares its outcome, also when the store answers later', async () => {
  const [atEnd, ended] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const onLogin = vi.fn(() => atEnd.promise);
  // The second learns that it is not the first when that is over.
  const { one, other, ask, arrived, go } = await startReplicas((body) => ({ body }), {
    onLogin,
    claimed: () => ended.promise,
  });
  go.resolve();
  const first = ask(one.bff);
  await expect.poll(() => onLogin).toHaveBeenCalledOnce();
  const second = ask(other);
  await arrived(2);
  atEnd.resolve(undefined);
  expect((await first).status).toBe(303);
  ended.resolve(undefined);
  expect(await second).toMatchObject({ status: 303, location: '/deep' });
  await other[Symbol.asyncDispose]();
});

test('a login whose end an earlier build has marked shares nothing, and keeps no callback waiting', async () => {
  const { one, other, ask, store, state } = await startReplicas((body) => ({ body }));
  for (const mark of [`login ${state}`, `login ${state} finished`])
    await store.claim(hash('sha256', mark, 'base64url'), Date.now() + 60_000);
  const { status, answered } = await ask(one.bff);
  expect([status, answered.json().code]).toEqual([400, 'login_not_started']);
  await other[Symbol.asyncDispose]();
});

test('a failure is shared as well, and each line of the log has its reason', async () => {
  const { one, other, ask, arrived, go } = await startReplicas(() => ({
    status: 400,
    body: { error: 'invalid_grant' },
  }));
  const first = ask(one.bff);
  await expect.poll(() => one.bent.count('token')).toBe(1);
  const second = ask(other);
  await arrived(2);
  go.resolve();
  const codes = (await Promise.all([first, second])).map(({ answered }) => answered.json().code);
  expect(codes).toEqual(['login_expired', 'login_expired']);
  expect(other.log.find(({ event }) => event === 'refusal')).toMatchObject({
    requestId: (await second).answered.json().requestId,
    reason: expect.stringContaining('The same callback failed'),
  });
  await other[Symbol.asyncDispose]();
});

test('a callback used before: a person who is signed in by now ends at the deep link, by a step of our own page', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const login = await begin('?returnTo=/deep');
  const cookies = login.browser.cookies(bff.url);
  await comeBack(login);
  for (const { name, value } of cookies) login.browser.setCookie(bff.url, `${name}=${value}; Path=/`);
  const again = await comeBack(login);
  expect([again.status, again.text.includes('One moment')]).toEqual([400, true]);
  const step = /content="0;url=([^"]+)"/.exec(again.text)?.[1] ?? '';
  const end = await login.browser.visitWithoutFollowing(step, { from: again.url });
  expect([end.status, end.headers.get('location')]).toEqual([303, '/deep#']);
  expect(await whoIs(login.browser, bff)).toMatchObject({ authenticated: true });
});

test('a person who is not signed in sees the real reason, and the log has it under the id that is shown', async () => {
  let now = Date.now();
  const { bff, begin, comeBack } = await startBentBff({}, { clock: () => now });
  const late = await begin('?returnTo=/deep');
  now += 3_600_000;
  const page = await comeBack(late);
  const step = /content="0;url=([^"]+)"/.exec(page.text)?.[1] ?? '';
  const end = await late.browser.visit(step, { from: page.url });
  expect(end.status).toBe(400);
  expect(end.text).toContain('The sign-in took too long');
  expect(end.text).toContain('href="/login?returnTo=%2Fdeep"');
  const shown = /Request id: ([\w-]+)/.exec(end.text)?.[1];
  const refused = bff.log.filter(({ event }) => event === 'refusal');
  expect(refused.map(({ code, reason }) => [code, reason])).toEqual(
    Array(2).fill(['login_expired', 'The pending login is older than LOGIN_TIMEOUT']),
  );
  expect(refused[1]).toMatchObject({ requestId: shown });
});

test('an answer that is not valid: a person who signed in meanwhile in another tab continues, others see the page', async () => {
  const { begin, comeBack } = await startBentBff();
  const browser = createBrowser();
  const broken = await begin('?returnTo=/broken', browser);
  await comeBack(await begin('', browser));
  const page = await comeBack(broken, `code=a&code=b&state=${broken.state}`);
  const step = /content="0;url=([^"]+)"/.exec(page.text)?.[1] ?? '';
  const end = await browser.visitWithoutFollowing(step, { from: page.url });
  expect([end.status, end.headers.get('location')]).toEqual([303, '/broken#']);
});

test('a step that was changed or made up is no step', async () => {
  await using bff = await startBff();
  const answer = await bff.app.inject({ url: '/login/callback?step=eyJjb2RlIjoi', headers: {} });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_authorization_response']);
});
