import { createBrowser, freePort, type TestBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { startApp } from './kit/start-app.ts';
import { askWho, startReplicas } from './kit/start-replicas.ts';

const token = 'a-token-of-these-tests-with-enough-characters';

const startWithAdmin = async () => {
  const adminPort = await freePort();
  const variables = { ADMIN_PORT: String(adminPort), ADMIN_TOKEN: token };
  const { url } = await startApp({ variables });
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://localhost:${adminPort}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
    });
  const end = async (named: unknown): Promise<readonly [number, unknown]> => {
    const answer = await call('/sessions/end', { method: 'POST', body: JSON.stringify(named) });
    return [answer.status, await answer.json()];
  };
  return { url, call, end };
};

const signIn = async (url: string): Promise<TestBrowser> => {
  const browser = createBrowser();
  await browser.visit(`${url}/login?returnTo=/`, { from: `${url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  return browser;
};

const sessionOf = async (browser: TestBrowser): Promise<string | undefined> => {
  const me: unknown = await (await browser.fetch('/api/me')).json();
  return /"session":\{"id":"([^"]+)"/.exec(JSON.stringify(me))?.[1];
};

test('operators count and end the sessions of a person, and one by its id', async () => {
  const { url, call, end } = await startWithAdmin();
  const browsers = [await signIn(url), await signIn(url), await signIn(url)];
  expect(await (await call('/sessions?sub=ada')).json()).toEqual({ sessions: 3 });
  expect(await (await call('/sessions?sub=bob')).json()).toEqual({ sessions: 0 });
  const id = await sessionOf(browsers[0] ?? createBrowser());
  expect(await end({ id })).toEqual([200, { ended: 1 }]);
  expect(await end({ id })).toEqual([200, { ended: 0 }]);
  expect(await end({ sub: 'ada' })).toEqual([200, { ended: 2 }]);
  for (const browser of browsers) expect(await sessionOf(browser)).toBeUndefined();
  expect(await end({ sid: 'unknown' })).toEqual([200, { ended: 0 }]);
});

test('without the right token every call is refused', async () => {
  const { call, url } = await startWithAdmin();
  const browser = await signIn(url);
  for (const authorization of [
    '',
    'Bearer',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Basic ${token}`,
    token,
  ])
    for (const path of ['/sessions?sub=ada', '/nothing']) {
      const answer = await call(path, { headers: { authorization } });
      expect([answer.status, await answer.json()]).toEqual([401, { error: 'invalid_token' }]);
    }
  expect(await sessionOf(browser)).toBeDefined();
  expect(
    (await fetch(`${url}/sessions?sub=ada`, { headers: { authorization: `Bearer ${token}` } })).status,
  ).not.toBe(200);
});

test.for([
  [{}],
  [{ sub: '' }],
  [{ sub: 7 }],
  [{ sub: 'ada', id: 'x' }],
  [{ issuer: 'x' }],
  [['sub']],
  ['ada'],
  [null],
])('a call with %j is refused', async ([body]) => {
  const { end, call } = await startWithAdmin();
  expect(await end(body)).toMatchObject([400, { code: 'bad_request' }]);
  expect((await call('/sessions')).status).toBe(400);
});

test('sessions end on every process, and each call is a line that names the person as LOG_SUBJECT says', async () => {
  await using replicas = await startReplicas({ store: 'sqlite', variables: { LOG_SUBJECT: 'plain' } });
  const [one, two] = replicas.all;
  const adminPort = await freePort();
  await one.kill();
  await one.restart({ ADMIN_PORT: String(adminPort), ADMIN_TOKEN: token });
  const cookie = await replicas.signIn();
  expect(await askWho(two, cookie)).toMatchObject({ isSignedIn: true });
  const call = (path: string, authorization = `Bearer ${token}`, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${adminPort}${path}`, {
      ...init,
      headers: { authorization, 'content-type': 'application/json' },
    });
  const ended = await call('/sessions/end', undefined, { method: 'POST', body: '{"sub":"ada"}' });
  expect(await ended.json()).toEqual({ ended: 1 });
  expect(await askWho(two, cookie)).toMatchObject({ isSignedIn: false });
  await call('/sessions?sub=ada');
  await call('/sessions?sub=ada', 'Bearer wrong-token');
  await call('/sessions');
  const eventsOf = (): readonly unknown[] =>
    [...one.output().matchAll(/^\{.*"event":"(?:admin_\w+|login|refusal)".*$/gm)].map(([line]) =>
      JSON.parse(line),
    );
  await expect.poll(eventsOf).toMatchObject([
    { event: 'login', subject: 'ada', address: '127.0.0.1' },
    { event: 'admin_call', action: 'end', by: 'sub', sessions: 1, subject: 'ada', address: '127.0.0.1' },
    { event: 'admin_call', action: 'count', by: 'sub', sessions: 0, subject: 'ada' },
    { event: 'admin_refused', address: '127.0.0.1' },
    { event: 'refusal', code: 'bad_request', address: '127.0.0.1' },
  ]);
  expect(one.output()).not.toContain(token);
  expect(one.output()).not.toContain('wrong-token');
});
