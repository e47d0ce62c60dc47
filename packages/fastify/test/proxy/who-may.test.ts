import type { TestBrowser } from '@foyer/testkit';
import { createBrowser } from '@foyer/testkit';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accessToken, type BffOptions, currentUser, requireUser } from '../../src/index.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';
import { type HttpUpstream, startUpstream } from '../kit/start-upstream.ts';

/** An API that answers with what it was sent of who asks. */
const startApi = (): Promise<HttpUpstream> =>
  startUpstream(({ headers }, response) =>
    response.end(
      JSON.stringify({ token: headers.authorization, id: headers['x-id'], groups: headers['x-groups'] }),
    ),
  );

const secondStep = 'urn:foyer:dev:second-step';

const createRoutes = (upstream: string): BffOptions['apiRoutes'] => [
  { prefix: '/api/editors', upstream, require: { claims: { groups: 'editors' } } },
  { prefix: '/api/readers', upstream, require: { claims: { groups: ['readers', 'guests'] } } },
  { prefix: '/api/mail', upstream, require: { scope: 'email' } },
  { prefix: '/api/phone', upstream, require: { scope: 'phone' } },
  { prefix: '/api/strong', upstream, require: { acr: secondStep } },
  { prefix: '/api/fresh', upstream, require: { maxAge: '10m' } },
  { prefix: '/api/plain', upstream, token: 'none', identity: { 'x-id': 'sub', 'x-groups': 'groups' } },
];

/** Routes of an application's own, behind the same requirements. */
const addOwnRoutes = (app: FastifyInstance): void => {
  const editors = requireUser({ claims: { groups: 'editors' } });
  app.get('/own/editors', { onRequest: editors }, async (request) => currentUser(request));
  app.get('/own/strong', { onRequest: requireUser({ acr: secondStep, maxAge: '10m' }) }, async () => 'ok');
  app.get('/own/token', (request) => accessToken(request, { scope: 'openid' }));
};

let laterMs = 0;
let upstream: HttpUpstream;
let bff: RunningBff;

beforeAll(async () => {
  upstream = await startApi();
  const given: Partial<BffOptions> = {
    scope: 'openid profile email offline_access',
    apiRoutes: createRoutes(upstream.url),
    clock: () => Date.now() + laterMs,
    onLogin: async ({ claims, idTokenClaims }) => {
      if (claims.preferred_username === 'jose') return { refuse: `${idTokenClaims.sub} is not invited` };
      if (claims.preferred_username === 'ada') return { add: { plan: 'gold' }, hide: ['birthdate'] };
      return { returnTo: '/welcome' };
    },
  };
  bff = await startBff(given, {}, '', addOwnRoutes);
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const signIn = async (
  button: string,
  { browser = createBrowser(), login = '/login' } = {},
): Promise<{ readonly browser: TestBrowser; readonly status: number; readonly url: string }> => {
  await browser.visit(`${bff.url}${login}`, { from: `${bff.url}/` });
  const { status, url } = await browser.submit({ button });
  return { browser, status, url };
};

/** The code of a refusal, and the status of what is none. */
const ask = async (browser: TestBrowser, path: string): Promise<unknown> => {
  const answer = await browser.fetch(path);
  const text = await answer.text();
  return answer.ok ? answer.status : JSON.parse(text).code;
};

test('claims and scopes of the embedded provider open the routes that require them, and no others', async () => {
  const { browser: ada } = await signIn('Ada Lovelace');
  const { browser: grace } = await signIn('Grace Hopper');
  const paths = ['/api/editors', '/api/readers', '/api/mail', '/api/phone', '/own/editors'];
  const askAll = async (browser: TestBrowser) => {
    const answers: unknown[] = [];
    for (const path of paths) answers.push(await ask(browser, path));
    return answers;
  };
  expect(await askAll(ada)).toEqual([200, 'forbidden', 200, 'forbidden', 200]);
  expect(await askAll(grace)).toEqual(['forbidden', 200, 200, 'forbidden', 'forbidden']);
});

test.for([
  ['/api/strong', `/login?acr_values=${encodeURIComponent(secondStep)}`],
  ['/own/strong', `/login?acr_values=${encodeURIComponent(secondStep)}&max_age=600`],
] as const)('%s passes after the sign-in that its refusal asks for', async ([path, loginUrl]) => {
  const { browser } = await signIn('Ada Lovelace');
  const refused = await browser.fetch(path);
  expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'step_up_required', loginUrl }]);
  await signIn('Ada Lovelace', { browser, login: loginUrl });
  expect(await ask(browser, path)).toBe(200);
});

test('a navigation is refused by a page, which leads to the sign-in that is asked for and names no claim', async () => {
  const { browser } = await signIn('Grace Hopper');
  const open = (path: string) => browser.visitWithoutFollowing(`${bff.url}${path}`, { from: `${bff.url}/` });
  const forbidden = await open('/api/editors');
  expect([forbidden.status, forbidden.headers.get('content-type')]).toEqual([
    403,
    'text/html; charset=utf-8',
  ]);
  expect(forbidden.text).not.toContain('groups');
  const weak = await open('/api/strong');
  expect(weak.status).toBe(401);
  expect(weak.text).toContain(`href="/login?acr_values=${encodeURIComponent(secondStep)}"`);
});

test('a route knows when the sign-in at the embedded provider was', async () => {
  const { browser } = await signIn('Ada Lovelace');
  expect(await ask(browser, '/api/fresh')).toBe(200);
  laterMs = 11 * 60_000;
  const refused = await browser.fetch('/api/fresh');
  laterMs = 0;
  expect(await refused.json()).toMatchObject({ code: 'step_up_required', loginUrl: '/login?max_age=600' });
});

test('an API without tokens gets headers made of the claims; a route of one’s own gets another token', async () => {
  const { browser } = await signIn('Ada Lovelace');
  expect(await (await browser.fetch('/api/plain')).json()).toEqual({
    id: 'ada',
    groups: 'editors,mathematicians',
  });
  const { token } = JSON.parse(await (await browser.fetch('/api/editors')).text());
  const own = await (await browser.fetch('/own/token')).text();
  expect(token).toMatch(/^Bearer \S{20,}$/);
  expect([own.length > 20, `Bearer ${own}` === token]).toEqual([true, false]);
});

test('onLogin refuses, adds, hides and sends elsewhere', async () => {
  const { browser, status } = await signIn('José Núñez');
  expect([status, await ask(browser, '/api/editors')]).toEqual([403, 'unauthenticated']);
  const { browser: ada } = await signIn('Ada Lovelace');
  const { user } = JSON.parse(await (await ada.fetch('/api/me')).text());
  expect([user.plan, user.birthdate, user.locale]).toEqual(['gold', undefined, 'en-GB']);
  expect((await signIn('Grace Hopper')).url).toBe(`${bff.url}/welcome#`);
});
