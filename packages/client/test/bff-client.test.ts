import { waitFor } from '@testing-library/dom';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createBffClient } from '../src/index.ts';
import { createTabs } from '../src/tabs.ts';
import { anonymous, json, problem, signedIn, stubBrowser } from './fake-bff.ts';

const toSignIn = '/login?returnTo=%2Fprofile%3Fx%3D1%23top';
const aProblem = { 'content-type': 'application/problem+json' };
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.unstubAllGlobals();
});

const watch = (client = createBffClient()) => {
  const seen: string[] = [];
  stops.push(client.subscribe(() => seen.push(client.getSnapshot().status)));
  return { client, seen };
};

/** Resolves when the request is answered and the subscribers are notified. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const look = (): boolean => document.dispatchEvent(new Event('visibilitychange'));

test('the login can name one of several providers', () => {
  const browser = stubBrowser(() => json(anonymous));
  createBffClient().login({ returnTo: '/deep', provider: 'guests' });
  expect(browser.moves).toEqual(['/login?returnTo=%2Fdeep&provider=guests']);
});

test.each([
  ['signed-in', signedIn],
  ['anonymous', anonymous],
])('the snapshot goes from loading to %s', async (status, me) => {
  stubBrowser(() => json(me));
  const { client, seen } = watch();
  expect(client.getSnapshot()).toEqual({ status: 'loading' });
  await waitFor(() => expect(seen).toEqual([status]));
  const { authenticated: _, ...known } = me;
  expect(client.getSnapshot()).toEqual({ status, ...known });
});

test.each([
  ['answers 503', () => problem('store_unavailable', 503)],
  ['answers with a page', () => new Response('<!doctype html>')],
  [
    'is cut off',
    () => {
      throw new TypeError('Failed to fetch');
    },
  ],
])('a server that %s is unreachable and signs no one out', async (_what, answer) => {
  const browser = stubBrowser(answer);
  expect(await createBffClient().refresh()).toEqual({ status: 'unreachable' });
  expect(browser.moves).toEqual([]);
});

test('many parallel 401s lead to one move to the sign-in and back here', async () => {
  const browser = stubBrowser(() => problem('session_expired', 401));
  const client = createBffClient();
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.fetch('/api/notes')));
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(401));
  expect(browser.moves).toEqual([toSignIn]);
});

test.each([
  ['plain', () => json({ code: 'unauthenticated' }, 401)],
  ['problem', () => json({ code: 'unauthenticated' }, 401, { 'content-type': 'application/problem+json' })],
  ['malformed', () => new Response('{"code":', { status: 401, headers: aProblem })],
])('a %s 401 of an upstream is left to the caller', async (_kind, answer) => {
  const browser = stubBrowser(answer);
  const response = await createBffClient().fetch('/api/notes');
  expect([response.status, await response.text()]).toEqual([401, await answer().text()]);
  expect(browser.moves).toEqual([]);
});

test.each([
  ['GET', 2],
  ['POST', 1],
])('a 503 with Retry-After makes a %s go out %i time(s)', async (method, times) => {
  const browser = stubBrowser(() => problem('provider_unavailable', 503, { 'retry-after': '0' }));
  expect((await createBffClient().fetch('/api/notes', { method })).status).toBe(503);
  expect(browser.calls).toEqual(Array(times).fill(`${method} /api/notes`));
});

test('a page that the person kept can leave for the sign-in again', async () => {
  vi.useFakeTimers();
  const browser = stubBrowser(() => problem('session_expired', 401));
  const client = createBffClient();
  client.login();
  await vi.advanceTimersByTimeAsync(29_000);
  client.login();
  expect(browser.moves).toEqual([toSignIn]);
  await vi.advanceTimersByTimeAsync(1000);
  await client.fetch('/api/notes');
  vi.useRealTimers();
  expect(browser.moves).toEqual([toSignIn, toSignIn]);
});

test('logout posts with X-CSRF and goes where the BFF says', async () => {
  const browser = stubBrowser(() => json({ redirectTo: 'https://provider.example/end' }));
  await createBffClient().logout();
  expect(browser.calls).toEqual(['POST /logout']);
  expect(browser.requests[0]?.headers).toEqual({ accept: 'application/json', 'x-csrf': '1' });
  expect(browser.moves).toEqual(['https://provider.example/end']);
});

test.each([
  ['refused', () => problem('store_unavailable', 503)],
  [
    'cut off',
    () => {
      throw new TypeError('Failed to fetch');
    },
  ],
])('a logout that is %s throws, stays, and leaves the client working', async (_how, answer) => {
  const browser = stubBrowser(answer);
  const client = createBffClient();
  await expect(client.logout()).rejects.toThrow();
  expect(browser.moves).toEqual([]);
  client.login();
  expect(browser.moves).toEqual([toSignIn]);
});

test('a page goes into the back/forward cache without the user, and is checked when it comes back', async () => {
  let me: unknown = signedIn;
  stubBrowser(() => json(me));
  const { seen } = watch();
  await waitFor(() => expect(seen).toEqual(['signed-in']));
  window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }));
  expect(seen).toEqual(['signed-in', 'loading']);
  me = anonymous;
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(seen).toEqual(['signed-in', 'loading']);
  await waitFor(() => expect(seen).toEqual(['signed-in', 'loading', 'anonymous']));
});

test('a look at the page asks without sliding, and an unchanged answer notifies no one', async () => {
  let now = 0;
  const browser = stubBrowser(() => {
    now += 1000;
    return json({ ...signedIn, session: { ...signedIn.session, now: new Date(now).toISOString() } });
  });
  const { seen } = watch();
  await waitFor(() => expect(seen).toEqual(['signed-in']));
  look();
  await waitFor(() => expect(now).toBe(2000));
  await settled();
  expect(browser.calls).toEqual(['GET /api/me', 'GET /api/me?slide=false']);
  expect(seen).toEqual(['signed-in']);
});

test('refresh() slides the session although a look at the page is being answered', async () => {
  const browser = stubBrowser(() => json(signedIn));
  const { client, seen } = watch();
  await waitFor(() => expect(seen).toEqual(['signed-in']));
  look();
  await Promise.all([client.refresh(), client.refresh()]);
  expect(browser.calls).toEqual(['GET /api/me', 'GET /api/me?slide=false', 'GET /api/me']);
});

test('a limit that has moved is a change, reported once', async () => {
  let idleExpiresAt = '2026-01-01T11:00:00.000Z';
  stubBrowser(() => json({ ...signedIn, session: { ...signedIn.session, idleExpiresAt } }));
  const { client, seen } = watch();
  await waitFor(() => expect(seen).toEqual(['signed-in']));
  idleExpiresAt = '2026-01-01T11:30:00.000Z';
  await client.refresh();
  await client.refresh();
  expect(client.getSnapshot()).toMatchObject({ session: { idleExpiresAt } });
  expect(seen).toEqual(['signed-in', 'signed-in']);
});

test('after news from another tab the answer to an earlier request does not count', async () => {
  const answers: ((me: unknown) => void)[] = [];
  const browser = stubBrowser(() => new Promise((resolve) => answers.push((me) => resolve(json(me)))));
  const { client, seen } = watch();
  createTabs('').announce('');
  await waitFor(() => expect(browser.calls).toHaveLength(2));
  answers[1]?.(anonymous);
  answers[0]?.(signedIn);
  await waitFor(() => expect(seen).toEqual(['anonymous']));
  await settled();
  expect(client.getSnapshot().status).toBe('anonymous');
});

test('tabs follow each other in and out, and ask no more than once for each change', async () => {
  let me: unknown = anonymous;
  const browser = stubBrowser((call) => json(call === 'POST /logout' ? { redirectTo: '/' } : me));
  const tabs = [watch(), watch(), watch()] as const;
  const seen = () => tabs.map((tab) => tab.seen.at(-1));
  await waitFor(() => expect(seen()).toEqual(Array(3).fill('anonymous')));
  await settled();
  browser.calls.length = 0;
  me = signedIn;
  await tabs[0].client.refresh();
  await waitFor(() => expect(seen()).toEqual(Array(3).fill('signed-in')));
  await settled();
  me = anonymous;
  await tabs[1].client.logout();
  await waitFor(() => expect(seen()).toEqual(['anonymous', 'signed-in', 'anonymous']));
  await settled();
  expect(browser.calls).toEqual([
    'GET /api/me',
    ...Array(2).fill('GET /api/me?slide=false'),
    'POST /logout',
    ...Array(2).fill('GET /api/me?slide=false'),
  ]);
});

test('an outage keeps the last user, and is over by itself', async () => {
  vi.useFakeTimers();
  let isUp = true;
  const browser = stubBrowser(() => (isUp ? json(signedIn) : problem('store_unavailable', 503)));
  const { client, seen } = watch();
  await vi.advanceTimersByTimeAsync(0);
  const last = client.getSnapshot();
  isUp = false;
  await client.refresh();
  expect(client.getSnapshot()).toEqual({ status: 'unreachable', last });
  await vi.advanceTimersByTimeAsync(5000 + 10_000);
  expect(client.getSnapshot()).toEqual({ status: 'unreachable', last });
  isUp = true;
  await vi.advanceTimersByTimeAsync(20_000);
  vi.useRealTimers();
  expect(seen).toEqual(['signed-in', 'unreachable', 'signed-in']);
  expect(browser.calls.slice(2)).toEqual(Array(3).fill('GET /api/me?slide=false'));
});

test('after the last unsubscribe nothing is asked any more', async () => {
  const browser = stubBrowser(() => json(signedIn));
  const client = createBffClient();
  const first = client.subscribe(() => undefined);
  const second = client.subscribe(() => undefined);
  await client.refresh();
  first();
  look();
  await settled();
  second();
  look();
  expect(browser.calls).toEqual(['GET /api/me', 'GET /api/me?slide=false']);
});

const stubEventSource = () => {
  const sources: (EventTarget & { readonly close: () => void })[] = [];
  const close = vi.fn();
  function openFakeSource(): EventTarget {
    const source = Object.assign(new EventTarget(), { close });
    sources.push(source);
    return source;
  }
  vi.stubGlobal('EventSource', openFakeSource);
  return { sources, close };
};

test('the live signed-out event is followed from the first signed-in answer on', async () => {
  let me: unknown = signedIn;
  stubBrowser(() => json(me));
  const { sources, close } = stubEventSource();
  const client = createBffClient();
  await client.refresh();
  expect(sources).toHaveLength(0);
  const { seen } = watch(client);
  expect(sources).toHaveLength(1);
  await client.refresh();
  me = anonymous;
  sources[0]?.dispatchEvent(new Event('signed-out'));
  await waitFor(() => expect(seen).toEqual(['anonymous']));
  expect(close).toHaveBeenCalledTimes(1);
  expect(sources).toHaveLength(1);
});

test.each([
  ['{"reason":"expired"}', 'expired'],
  ['{"reason":"something new"}', undefined],
  ['not JSON', undefined],
])('the reason of a signed-out event with %s is %s in the snapshot', async (data, reason) => {
  let me: unknown = signedIn;
  stubBrowser(() => json(me));
  const { sources } = stubEventSource();
  const client = createBffClient();
  watch(client);
  await client.refresh();
  me = anonymous;
  sources[0]?.dispatchEvent(new MessageEvent('signed-out', { data }));
  const known = { status: 'anonymous', reason };
  await waitFor(() => expect(client.getSnapshot()).toMatchObject(reason ? known : { status: 'anonymous' }));
  await client.refresh();
  const snapshot = client.getSnapshot();
  expect(snapshot.status === 'anonymous' ? snapshot.reason : 'not anonymous').toBe(reason);
  me = signedIn;
  await client.refresh();
  expect(client.getSnapshot()).not.toHaveProperty('reason');
});

test('the page that signs itself out ignores the live signed-out event', async () => {
  const browser = stubBrowser((call) => json(call === 'POST /logout' ? { redirectTo: '/' } : signedIn));
  const { sources } = stubEventSource();
  const { client, seen } = watch();
  await waitFor(() => expect(seen).toEqual(['signed-in']));
  const leaving = client.logout();
  sources[0]?.dispatchEvent(new Event('signed-out'));
  await leaving;
  expect(browser.calls).toEqual(['GET /api/me', 'POST /logout']);
  expect(browser.moves).toEqual(['/']);
});

const expiring = {
  limit: 'idle',
  expiresAt: signedIn.session.idleExpiresAt,
  now: '2026-01-01T10:59:00.000Z',
};

test('a limit that is near is reported, a look at the page keeps it, and refresh() moves it', async () => {
  let me: unknown = signedIn;
  stubBrowser(() => json(me));
  const { sources } = stubEventSource();
  const client = createBffClient();
  watch(client);
  await waitFor(() => expect(sources).toHaveLength(1));
  sources[0]?.dispatchEvent(new MessageEvent('expiring', { data: JSON.stringify(expiring) }));
  expect(client.getSnapshot()).toMatchObject({ status: 'signed-in', expiring });
  dispatchEvent(new Event('online'));
  await client.refresh();
  expect(client.getSnapshot()).toMatchObject({ expiring });
  me = { ...signedIn, session: { ...signedIn.session, idleExpiresAt: '2026-01-01T11:30:00.000Z' } };
  await client.refresh();
  expect(client.getSnapshot()).not.toHaveProperty('expiring');
});

test('a stream that the server refuses is replaced by requests, and tried again', async () => {
  const browser = stubBrowser(() => json(signedIn));
  const { sources } = stubEventSource();
  watch();
  await waitFor(() => expect(sources).toHaveLength(1));
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (const round of [1, 2]) {
    const source = sources.at(-1) ?? new EventTarget();
    Object.assign(source, { readyState: 2 }).dispatchEvent(new Event('error'));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(browser.calls.slice(1)).toEqual(Array(round).fill('GET /api/me?slide=false'));
    expect(sources).toHaveLength(round + 1);
  }
});

test('a tab that is opened later learns of a limit that is near, unless its own answer is newer', async () => {
  stubBrowser(() => json(signedIn));
  const { sources } = stubEventSource();
  let isHeld = false;
  const request = async (_name: string, _options: object, hold: () => Promise<void>): Promise<void> => {
    if (isHeld) return;
    isHeld = true;
    await hold();
  };
  vi.stubGlobal('navigator', Object.create(navigator, { locks: { value: { request } } }));
  const { client: first } = watch();
  await waitFor(() => expect(sources).toHaveLength(1));
  sources[0]?.dispatchEvent(new MessageEvent('expiring', { data: JSON.stringify(expiring) }));
  expect(first.getSnapshot()).toMatchObject({ expiring });

  const { client: later } = watch();
  await waitFor(() => expect(later.getSnapshot()).toMatchObject({ status: 'signed-in', expiring }));
  expect(sources).toHaveLength(1);

  const idleExpiresAt = '2026-01-01T11:30:00.000Z';
  stubBrowser(() => json({ ...signedIn, session: { ...signedIn.session, idleExpiresAt } }));
  const channel = new BroadcastChannel('foyer events https://app.example/api/me/events');
  const heard: unknown[] = [];
  channel.addEventListener('message', ({ data }) => heard.push(data));
  const { client: newest } = watch();
  await waitFor(() => expect(heard).toEqual(['joined', expect.stringMatching(/^expiring /)]));
  channel.close();
  expect(newest.getSnapshot()).toMatchObject({ status: 'signed-in', session: { idleExpiresAt } });
  expect(newest.getSnapshot()).not.toHaveProperty('expiring');
});

/** Locks of which one holder's turn never ends, as that of a tab that stays open. */
const withLocks = () => {
  const request = async (_name: string, _options: object, hold: () => Promise<void>): Promise<void> => hold();
  vi.stubGlobal('navigator', Object.create(navigator, { locks: { value: { request } } }));
};

test.each([
  ['BroadcastChannel', () => vi.stubGlobal('BroadcastChannel', undefined)],
  [
    'BroadcastChannel, but with Web Locks',
    () => {
      withLocks();
      vi.stubGlobal('BroadcastChannel', undefined);
    },
  ],
  [
    'what Safari 17.4 and Chrome 120 brought',
    () => {
      withLocks();
      const { withResolvers } = Object(Promise);
      const { canParse } = URL;
      onTestFinished(() => void Object.assign(Promise, { withResolvers }));
      onTestFinished(() => void Object.assign(URL, { canParse }));
      Object.assign(Promise, { withResolvers: undefined });
      Object.assign(URL, { canParse: undefined });
    },
  ],
])('a browser without %s has one stream for the page, and signs in and out', async (_what, take) => {
  take();
  let me: unknown = signedIn;
  const browser = stubBrowser((call) => json(call === 'POST /logout' ? { redirectTo: '/' } : me));
  const { sources } = stubEventSource();
  const { client } = watch(createBffClient({ baseUrl: 'https://app.example' }));
  expect(await client.refresh()).toMatchObject({ status: 'signed-in' });
  await client.refresh();
  expect(sources).toHaveLength(1);
  me = anonymous;
  sources[0]?.dispatchEvent(new MessageEvent('signed-out', { data: '{"reason":"backchannel"}' }));
  await waitFor(() => expect(client.getSnapshot()).toMatchObject({ reason: 'backchannel' }));
  await client.logout();
  expect(browser.moves).toEqual(['/']);
});

test('a Retry-After that is a date is waited for too, but not one far in the future', async () => {
  const away = (date: number) =>
    problem('store_unavailable', 503, { 'retry-after': new Date(date).toUTCString() });
  const answers = [away(Date.now() - 1000), json({ ok: true }), away(Date.now() + 3_600_000)];
  const browser = stubBrowser(() => answers.shift() ?? json({}));
  const client = createBffClient();
  expect((await client.fetch('/api/things')).status).toBe(200);
  expect((await client.fetch('/api/things')).status).toBe(503);
  expect(browser.calls).toHaveLength(3);
});

const api = 'https://api.example';

test('with a baseUrl paths go to the BFF, and the way back is a whole address', async () => {
  const browser = stubBrowser(() => problem('unauthenticated', 401));
  const client = createBffClient({ baseUrl: `${api}/` });
  await client.fetch('/api/things');
  expect(browser.calls).toEqual([`GET ${api}/api/things`]);
  expect(browser.moves).toEqual([`${api}/login?returnTo=https%3A%2F%2Fapp.example%2Fprofile%3Fx%3D1%23top`]);
});

test('with a baseUrl a returnTo is one of the page', () => {
  const browser = stubBrowser(() => json({}));
  createBffClient({ baseUrl: api }).login({ returnTo: '/after' });
  expect(browser.moves).toEqual([`${api}/login?returnTo=https%3A%2F%2Fapp.example%2Fafter`]);
});

test.each([
  ['loginUrl', anonymous, `${api}/login`],
  ['logoutUrl', signedIn, `${api}/logout`],
])('with a baseUrl the %s is one of the BFF', async (name, me, url) => {
  stubBrowser(() => json(me));
  expect(await createBffClient({ baseUrl: api }).refresh()).toHaveProperty(name, url);
});

test('with a baseUrl a sign-out that ends at / ends at the BFF', async () => {
  const browser = stubBrowser(() => json({ redirectTo: '/' }));
  await createBffClient({ baseUrl: api }).logout();
  expect(browser.moves).toEqual([`${api}/`]);
});

test('with a path as baseUrl the BFF is below it', async () => {
  const loginUrl = '/app/login';
  const browser = stubBrowser((call) =>
    call.endsWith('/api/me') ? json({ authenticated: false, loginUrl }) : problem('unauthenticated', 401),
  );
  const client = createBffClient({ baseUrl: '/app/' });
  expect(await client.refresh()).toHaveProperty('loginUrl', loginUrl);
  await client.fetch('/api/things');
  await client.fetch('/app/api/things');
  expect(browser.calls.map((call) => call.split(' ')[1])).toEqual([
    '/app/api/me',
    '/app/api/things',
    '/app/api/things',
  ]);
  expect(browser.moves[0]).toMatch(/^\/app\/login\?returnTo=/);
});

test.each([
  ['the page', '/api/me', {}],
  ['the page, as a Request', new Request('https://app.example/api/me'), {}],
  ['another BFF', `${api}/api/me`, { baseUrl: api }],
])('credentials go with a request to the BFF of %s', async (_whose, input, options) => {
  const browser = stubBrowser(() => json({}));
  await createBffClient(options).fetch(input, { cache: 'no-store' });
  expect(browser.requests).toEqual([{ credentials: 'include', cache: 'no-store' }]);
});

test.each([
  ['https://other.example/things', {}],
  ['//other.example/things', {}],
  ['//other.example/things', { baseUrl: api }],
  ['https://app.example/things', { baseUrl: api }],
  ['https://app.example/two/things', { baseUrl: '/app/' }],
  [new Request('https://other.example/things'), {}],
])('%s %o is asked without credentials, and its 401 and 503 are its own', async (input, options) => {
  const answers = [
    problem('unauthenticated', 401),
    problem('store_unavailable', 503, { 'retry-after': '0' }),
  ];
  const browser = stubBrowser(() => answers.shift() ?? json({}));
  const client = createBffClient(options);
  expect([(await client.fetch(input)).status, (await client.fetch(input)).status]).toEqual([401, 503]);
  expect(browser.requests).toEqual([{}, {}]);
  expect(browser.moves).toEqual([]);
});

test.each([
  ['#', [[{ ofTheRouter: 1 }, '', 'https://app.example/x?y=1']]],
  ['#/notes/7', []],
  ['', []],
])('an address that ends in "%s": what replaces it is %j', (end, replaced) => {
  stubBrowser(() => json(signedIn));
  const seen: unknown[] = [];
  vi.stubGlobal('location', { href: `https://app.example/x?y=1${end}` });
  const replaceState = (...given: unknown[]) => seen.push(given);
  vi.stubGlobal('history', { state: { ofTheRouter: 1 }, replaceState });
  watch();
  expect(seen).toEqual(replaced);
});
