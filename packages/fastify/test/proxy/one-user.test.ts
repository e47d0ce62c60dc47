import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Bends } from '../provider/bent-provider.ts';

/** Access tokens that say whose they are. */
const ownTokens = (subject: () => string): Bends => ({
  token: (base) => ({ body: { ...base, access_token: `token-of-${subject()}` } }),
  idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: subject(), at_hash: undefined } }),
  userinfo: (base) => ({ body: { ...base, sub: subject() } }),
});

const startWithPeople = async (people: readonly string[]) => {
  let subject = '';
  const upstream = await startUpstream(async ({ headers, url }, response) => {
    for (let turns = Math.random() * 20; turns > 0; turns -= 1) await nextTurn();
    response.write(String(headers.authorization));
    response.end(` ${url}`);
  });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const kit: BentBff = await startBentBff(
    ownTokens(() => subject),
    {
      apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }],
    },
  );
  const cookies = new Map<string, string>();
  for (const person of people) {
    subject = person;
    const login = await kit.begin();
    await kit.comeBack(login);
    await login.browser.visitWithoutFollowing(kit.bff.url);
    cookies.set(person, cookieHeader(login.browser, kit.bff));
  }
  return { kit, cookies, upstream };
};

test('one user’s answer or token is never another’s, with hundreds of calls at once', async () => {
  const people = ['ada', 'grace', 'jose', 'mary', 'alan', 'edsger'];
  const { kit, cookies } = await startWithPeople(people);
  const ask = async (person: string, number: number): Promise<void> => {
    const headers = { cookie: cookies.get(person) ?? '' };
    const path = `/${person}/${number}`;
    const answer = await fetch(`${kit.bff.url}/api/a${path}`, { headers });
    expect(await answer.text()).toBe(`Bearer token-of-${person} ${path}`);
    const me = await fetch(`${kit.bff.url}/api/me`, { headers });
    expect(JSON.parse(await me.text()).user.sub).toBe(person);
  };
  await Promise.all(
    people.flatMap((person) => Array.from({ length: 20 }, (_, number) => ask(person, number))),
  );
});

test('one user cannot end another’s session, though they know its id', async () => {
  const { kit, cookies } = await startWithPeople(['ada', 'grace']);
  const me = async (person: string) =>
    JSON.parse(
      (await kit.bff.app.inject({ url: '/api/me', headers: { cookie: cookies.get(person) ?? '' } })).body,
    );
  const { id } = (await me('grace')).session;
  const url = `/api/me/sessions/${id}`;
  const headers = { cookie: cookies.get('ada') ?? '', 'x-csrf': '1' };
  expect((await kit.bff.app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(404);
  await kit.bff.app.inject({ method: 'DELETE', url: '/api/me/sessions', headers });
  expect((await me('grace')).authenticated).toBe(true);
});

test('a session that ends while its tokens are refreshed stays ended, and the new token goes nowhere', async () => {
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const upstream = await startUpstream((_request, response) => response.end('ok'));
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  let aheadMs = 0;
  const kit = await startBentBff(
    { token: (base) => ({ body: { ...base, expires_in: 10 } }) },
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }], clock: () => Date.now() + aheadMs },
  );
  const login = await kit.begin();
  await kit.comeBack(login);
  const cookie = cookieHeader(login.browser, kit.bff);
  aheadMs = 6000;
  kit.bent.bends = {
    token: (base) => ({
      write: (response) => {
        asked.resolve();
        const body = JSON.stringify({ ...base, id_token: undefined });
        void mayAnswer.promise.then(() =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(body),
        );
      },
    }),
  };
  const call = fetch(`${kit.bff.url}/api/a`, { headers: { cookie } });
  await asked.promise;
  const out = await fetch(`${kit.bff.url}/logout`, {
    method: 'POST',
    headers: { cookie, 'x-csrf': '1' },
  });
  mayAnswer.resolve();
  expect([out.status, (await call).status, upstream.seen]).toEqual([200, 401, []]);
  expect(await whoIs(login.browser, kit.bff)).toMatchObject({ authenticated: false });
});
