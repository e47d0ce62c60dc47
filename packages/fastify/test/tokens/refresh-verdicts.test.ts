import { expect, onTestFinished, test } from 'vitest';
import type { RouteToken } from '../../src/index.ts';
import { cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Answer, Bends } from '../provider/bent-provider.ts';

/** Someone signed in, whose access token lives for 300 s, and an API that answers with the token it got. */
const startSignedIn = async (answer: Answer, token: RouteToken = 'session') => {
  const time = { now: Date.now() };
  const upstream = await startUpstream((request, response) => response.end(request.headers.authorization));
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  const { bff, bent, begin, comeBack } = await startBentBff(
    {},
    {
      clock: () => time.now,
      providerTimeout: 1,
      apiRoutes: [{ prefix: '/api/things', upstream: upstream.url, token }],
    },
  );
  const { browser } = await begin().then(async (login) => {
    expect((await comeBack(login)).status).toBe(303);
    return login;
  });
  const call = (): Promise<Response> =>
    fetch(`${bff.url}/api/things`, { headers: { cookie: cookieHeader(browser, bff) } });
  const first = await (await call()).text();
  let asked = 0;
  const bends: Bends = {
    ...bent.bends,
    token: () => {
      asked += 1;
      return answer;
    },
  };
  bent.bends = bends;
  return {
    call,
    /** What the API got before anything went wrong. */
    first,
    isSignedIn: async () => (await whoIs(browser, bff)).authenticated,
    pass: (seconds: number) => {
      time.now += seconds * 1000;
      bent.clock.now += seconds * 1000;
    },
    asked: () => asked,
  };
};

const page = (status: number, body = '<!doctype html><h1>No</h1>'): Answer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body,
});

const oauth = (status: number, error: string): Answer => ({ status, body: { error } });

const failures: readonly [string, Answer][] = [
  ['invalid_grant with 500', oauth(500, 'invalid_grant')],
  ['invalid_grant with 429', oauth(429, 'invalid_grant')],
  ['invalid_client', oauth(401, 'invalid_client')],
  ...[400, 401, 403, 404, 405, 413].flatMap((status): [string, Answer][] => [
    [`a page with ${status}`, page(status)],
    [`nothing with ${status}`, page(status, '')],
  ]),
  ['a page with 200', page(200)],
  ['a reset', { write: (response) => response.socket?.resetAndDestroy() }],
  ['a time-out', { write: () => undefined }],
];

const tokens: readonly RouteToken[] = ['session', { scope: 'openid' }];

test.for(failures.flatMap(([what, answer]) => tokens.map((token) => [what, token, answer] as const)))(
  'at %s the old token serves while it is valid, 503 follows, and the session stays: %j',
  async ([, token, answer]) => {
    const { call, first, isSignedIn, pass, asked } = await startSignedIn(answer, token);
    expect(first).toMatch(/^Bearer ./);
    pass(280);
    const valid = await call();
    expect([valid.status, await valid.text()]).toEqual([200, first]);
    expect(asked()).toBeGreaterThan(0);
    pass(60);
    const expired = await call();
    expect(expired.status).toBe(503);
    expect(Number(expired.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await isSignedIn()).toBe(true);
  },
);

test.for(['invalid_grant', 'invalid_scope', 'invalid_request', 'unsupported_grant_type', 'access_denied'])(
  '%s with 400 ends the session',
  async (error) => {
    const { call, isSignedIn, pass } = await startSignedIn(oauth(400, error));
    pass(310);
    const answer = await call();
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'session_expired' });
    expect(await isSignedIn()).toBe(false);
  },
);
