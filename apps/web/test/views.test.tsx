import { createBffClient } from '@foyer/client';
import { BffProvider } from '@foyer/client/react';
import { within } from '@testing-library/dom';
import { cleanup, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { MemoryRouter } from 'react-router-dom';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { App } from '../src/app.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const at = '2026-01-01T10:00:00.000Z';
const anonymous = { authenticated: false, loginUrl: '/login' };
const signedInAs = (name: string) => ({
  authenticated: true,
  user: { sub: 'u1', name },
  displayName: name,
  session: { id: 's1', now: at, idleExpiresAt: at, expiresAt: at },
  logoutUrl: '/logout',
});

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

const open = (path: string, answer: (call: string) => Response | Promise<Response>): string[] => {
  const calls: string[] = [];
  vi.stubGlobal('fetch', async (url: URL, init?: RequestInit) => {
    const call = `${init?.method ?? 'GET'} ${url.pathname}${url.search}`;
    calls.push(call);
    return answer(call);
  });
  render(
    <BffProvider client={createBffClient()}>
      <MemoryRouter initialEntries={[path]}>
        <App />
      </MemoryRouter>
    </BffProvider>,
  );
  return calls;
};

const linkTo = (name: string) => screen.getByRole('link', { name }).getAttribute('href');

test('the labels of a visitor', async () => {
  open('/', () => json(anonymous));
  await screen.findByRole('link', { name: 'Login' });
  expect(document.title).toBe('Plusauth Starter Template');
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Hello, world!');
  expect(screen.getByText(/OpenID Connect authorization code flow/)).toBeDefined();
  expect(['Plusauth Starter', 'Login', 'Login/Register »'].map(linkTo)).toEqual(['/', '/login', '/login']);
  expect(screen.queryByText(/Logged in as|Logout|View Profile/)).toBeNull();
});

test('the labels of a signed-in user, from home to the profile', async () => {
  const me = signedInAs('Ada Lovelace');
  open('/', () => json(me));
  expect((await screen.findByRole('link', { name: 'View Profile »' })).getAttribute('href')).toBe('/profile');
  expect(linkTo('Logged in as: Ada Lovelace')).toBe('/profile');
  expect(screen.getByRole('button', { name: 'Logout' })).toBeDefined();
  expect(screen.queryByText(/^Login/)).toBeNull();
  await userEvent.click(screen.getByRole('link', { name: 'View Profile »' }));
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Welcome Ada Lovelace!');
  expect(screen.getByRole('heading', { name: 'User object:' })).toBeDefined();
  expect(document.querySelector('pre')?.textContent).toBe(JSON.stringify(me.user, undefined, 2));
});

test('neither variant shows while the session is loading', () => {
  open('/', () => new Promise(() => undefined));
  expect(screen.getByRole('heading', { name: 'Hello, world!' })).toBeDefined();
  expect(screen.queryByText(/Login|Logged in|Logout|View Profile/)).toBeNull();
});

test.each(['<b>Bold</b>', 'José'])('the name %s is text', async (name) => {
  open('/profile', () => json(signedInAs(name)));
  expect((await screen.findByRole('heading', { level: 1 })).textContent).toBe(`Welcome ${name}!`);
  expect(document.querySelector('pre')?.textContent).toContain(name);
  expect(document.querySelector('b')).toBeNull();
});

test('an unknown path is not found, with the way home', async () => {
  open('/nowhere', () => json(anonymous));
  await screen.findByRole('link', { name: 'Login' });
  expect((await screen.findByRole('heading', { level: 1 })).textContent).toBe('There is nothing here');
  expect(linkTo('Home')).toBe('/');
});

test('a server that cannot be reached is reported, and can be tried again', async () => {
  let isUp = false;
  open('/profile', () => (isUp ? json(signedInAs('Ada')) : json({}, 503)));
  await screen.findByRole('heading', { name: 'The server cannot be reached' });
  isUp = true;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('heading', { name: 'Welcome Ada!' });
});

test('an outage is reported above the view, which stays', async () => {
  let isUp = true;
  open('/profile', () => (isUp ? json(signedInAs('Ada')) : json({}, 503)));
  await screen.findByRole('heading', { name: 'Welcome Ada!' });
  isUp = false;
  window.dispatchEvent(new Event('online'));
  const notice = await screen.findByText('The server cannot be reached. Your session is not lost.');
  expect(notice.closest('[role=alert]')).not.toBeNull();
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Welcome Ada!');
  expect(screen.getByRole('link', { name: 'Logged in as: Ada' })).toBeDefined();
});

test('a refused logout is reported', async () => {
  open('/', (call) => (call === 'POST /logout' ? json({}, 503) : json(signedInAs('Ada'))));
  await userEvent.click(await screen.findByRole('button', { name: 'Logout' }));
  await screen.findByText('The server could not sign you out. Try again.');
});

const here = {
  id: 's1',
  createdAt: at,
  lastSeenAt: at,
  browser: 'Firefox',
  system: 'Windows',
  current: true,
};
const there = { ...here, id: 's2', browser: 'Safari', system: 'iPhone', current: false };

test('the list of sessions, and the end of all others', async () => {
  const createdAt = new Date(Date.now() - 2 * 60_000).toISOString();
  let sessions = [{ ...there, createdAt }, here];
  const calls = open('/sessions', (call) => {
    if (call.startsWith('DELETE')) sessions = [here];
    return json(call.endsWith('/sessions') ? { sessions } : signedInAs('Ada'));
  });
  const rows = within(await screen.findByRole('list')).getAllByRole('listitem');
  expect(rows.map((row) => row.querySelector('strong')?.textContent)).toEqual([
    'Firefox on Windows',
    'Safari on iPhone',
  ]);
  expect(rows.map((row) => row.querySelector('em') !== null)).toEqual([true, false]);
  const [laptop, phone] = rows.map((row) => row.querySelector('path')?.getAttribute('d'));
  expect(laptop).not.toBe(phone);
  const time = rows[1]?.querySelector('time');
  expect([time?.textContent, time?.title]).toEqual(['2 minutes ago', new Date(createdAt).toLocaleString()]);
  await userEvent.click(screen.getByRole('button', { name: 'Sign out everywhere else' }));
  expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out' }));
  await expect.poll(() => screen.getAllByRole('listitem')).toHaveLength(1);
  expect(calls).toContain('DELETE /api/me/sessions');
  await screen.findByText('You are signed in nowhere else.');
});

test('sessions that could not be ended are reported', async () => {
  open('/sessions', (call) => {
    if (call.startsWith('DELETE')) return json({}, 503);
    return json(call.endsWith('/sessions') ? { sessions: [here, there] } : signedInAs('Ada'));
  });
  await userEvent.click(await screen.findByRole('button', { name: 'Sign out everywhere else' }));
  await userEvent.click(screen.getByRole('button', { name: 'Yes, sign out' }));
  expect((await screen.findByText(/cannot be loaded/)).getAttribute('role')).toBe('alert');
});

const editor = (): object => ({ ...signedInAs('Ada'), user: { sub: 'u1', groups: ['editors'] } });

test('the list of an API has the shape of rows while it loads, and says so when no one is on it', async () => {
  const held = Promise.withResolvers<void>();
  open('/users', async (call) => {
    if (!call.endsWith('/users')) return json(editor());
    await held.promise;
    return json({ users: [] });
  });
  await screen.findByRole('heading', { name: 'An API behind the server' });
  expect(document.querySelectorAll('main .skeleton').length).toBeGreaterThan(0);
  held.resolve();
  await screen.findByText('No one is on the list yet. Add the first name.');
  expect(document.querySelectorAll('main .skeleton')).toHaveLength(0);
});

test('a name that the API refuses stays in its field, and one that is added leaves it', async () => {
  let status = 503;
  open('/users', (call) => {
    if (call.startsWith('POST')) return json({}, status);
    return json(call.endsWith('/users') ? { users: [] } : editor());
  });
  const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'Name' });
  await userEvent.type(field, 'Hedy{Enter}');
  await screen.findByText('The API could not do that (503).');
  expect(field.value).toBe('Hedy');
  status = 201;
  await userEvent.type(field, '{Enter}');
  await screen.findByText('Hedy is added');
  await expect.poll(() => field.value).toBe('');
});

test.for([
  ['logout', 'You signed out in another tab.'],
  ['backchannel', 'You signed out at the provider.'],
  ['expired', 'Your session has reached its time limit.'],
  ['revoked', 'The session was ended from another browser, or by an administrator.'],
  ['refresh_failed', 'The provider has ended the session.'],
  ['replaced', 'A new sign-in has taken its place.'],
] as const)('a session that ended by %s is said on the page that was open', async ([reason, text]) => {
  const source = Object.assign(new EventTarget(), { close: () => undefined, readyState: 1 });
  vi.stubGlobal('EventSource', function openSource() {
    return source;
  });
  let me: unknown = signedInAs('Ada');
  open('/profile', () => json(me));
  await screen.findByText('User object:');
  me = anonymous;
  source.dispatchEvent(new MessageEvent('signed-out', { data: JSON.stringify({ reason }) }));
  expect((await screen.findByText(text)).getAttribute('role')).toBe('status');
  expect(screen.getByRole('button', { name: 'Login' })).toBeDefined();
});

test('a session that is about to end is announced, with the way to stay', async () => {
  const source = Object.assign(new EventTarget(), { close: () => undefined, readyState: 1 });
  vi.stubGlobal('EventSource', function openSource() {
    return source;
  });
  const calls = open('/', () => json(signedInAs('Ada')));
  await screen.findByRole('link', { name: 'View Profile »' });
  const data = JSON.stringify({ limit: 'idle', expiresAt: at, now: at });
  source.dispatchEvent(new MessageEvent('expiring', { data }));
  const notice = await screen.findByText(/You will be signed out at/);
  expect(notice.closest('[role=alert]')).not.toBeNull();
  const before = calls.length;
  await userEvent.click(screen.getByRole('button', { name: 'Stay signed in' }));
  expect(calls.slice(before)).toEqual(['GET /api/me']);
});

const panel = (): readonly (readonly (string | null)[])[] =>
  [...document.querySelectorAll('.holdings > div')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );

test('the panel on the home page counts what a script can read, and names the sealed cookie and its size', async () => {
  localStorage.setItem('theme', 'dark');
  const cookie = { name: '__Host-Http-foyer', bytes: 178 };
  const calls = open('/', (call) =>
    json(call.endsWith('/sessions') ? { sessions: [there, { ...here, cookie }] } : signedInAs('Ada')),
  );
  await screen.findByText('178 bytes');
  localStorage.clear();
  expect(panel().slice(0, 3)).toEqual([
    ['Readable cookies', '0'],
    ['Web storage entries', '1'],
    ['HttpOnly cookies', '1, sealed', '__Host-Http-foyer178 bytes'],
  ]);
  expect(calls.filter((call) => call.endsWith('/sessions'))).toHaveLength(1);
});

test('signed out the panel names no cookie and asks for no session', async () => {
  const calls = open('/', () => json(anonymous));
  await screen.findByText('none before you sign in');
  expect(panel()[2]).toEqual(['HttpOnly cookies', '0', 'none before you sign in']);
  expect(calls).toEqual(['GET /api/me']);
});

test.each<[string, () => Response | Promise<Response>]>([
  ['slow', () => new Promise(() => undefined)],
  ['down', () => json({}, 503)],
  ['unreachable', () => Promise.reject(new TypeError('Failed to fetch'))],
  ['no longer ours', () => json({ type: 'urn:foyer:problem:session_expired' }, 401)],
  ['malformed', () => json({ sessions: [{ ...here, cookie: 'foyer' }] })],
  ['of an older server', () => json({ sessions: [here] })],
])('with a list of sessions that is %s the home page is as it is without it', async (_, list) => {
  const calls = open('/', (call) => (call.endsWith('/sessions') ? list() : json(signedInAs('Ada'))));
  await expect.poll(() => calls).toContain('GET /api/me/sessions');
  await screen.findByText('no script can read it');
  expect(panel()[2]).toEqual(['HttpOnly cookies', '1, sealed', 'no script can read it']);
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Hello, world!');
  expect(screen.queryByRole('alert')?.textContent ?? '').toBe('');
});

test.each([
  [{ email: 'ada@example.com', email_verified: true }, 'E-mail', 'ada@example.comverified'],
  [{ email: 'ada@example.com', email_verified: 'yes' }, 'E-mail', 'ada@example.com'],
  [{ groups: ['staff', 'admin'] }, 'Groups', 'staffadmin'],
  [{ birthdate: '1815-12-10' }, 'Birthdate', 'December 10, 1815'],
  [{ birthdate: '1815' }, 'Birthdate', '1815'],
  [{ birthdate: '0000-12-10' }, 'Birthdate', '0000-12-10'],
  [{ birthdate: '1815-99-10' }, 'Birthdate', '1815-99-10'],
  [{ locale: 'en_GB' }, 'Language', 'British English'],
  [{ locale: 'not a language' }, 'Language', 'not a language'],
])('of the claims %j, %s shows %s', async (claims, label, shown) => {
  const me = signedInAs('Ada');
  open('/profile', () => json({ ...me, user: { ...me.user, ...claims } }));
  await screen.findByRole('heading', { level: 1 });
  expect(screen.getByText(label).nextElementSibling?.textContent).toBe(shown);
});

test.each([
  ['https://ada.example/', 'https://ada.example/'],
  ['javascript:alert(1)', undefined],
  ['http://ada.example/', undefined],
])('the website %s links to %s', async (website, address) => {
  const me = signedInAs('Ada');
  open('/profile', () => json({ ...me, user: { ...me.user, website } }));
  await screen.findByRole('heading', { level: 1 });
  const shown = screen.getByText('Website').nextElementSibling;
  expect(shown?.textContent).toBe(website);
  expect(shown?.querySelector('a')?.getAttribute('href')).toBe(address);
});

test('a website links in a browser without URL.parse', async () => {
  const { parse } = URL;
  onTestFinished(() => void Object.assign(URL, { parse }));
  Object.assign(URL, { parse: undefined });
  const me = signedInAs('Ada');
  open('/profile', () => json({ ...me, user: { ...me.user, website: 'https://ada.example/' } }));
  expect(await screen.findByRole('link', { name: 'https://ada.example/' })).toBeDefined();
});

test('another claim that is an address is text', async () => {
  const me = signedInAs('Ada');
  open('/profile', () => json({ ...me, user: { ...me.user, nickname: 'https://ada.example/' } }));
  await screen.findByRole('heading', { level: 1 });
  const shown = screen.getByText('Nickname').nextElementSibling;
  expect([shown?.textContent, shown?.querySelector('a')]).toEqual(['https://ada.example/', null]);
});

test.each([
  ['Ada Lovelace', 'AL'],
  ['José', 'J'],
  ['Jan van der Berg', 'JB'],
  ['+1 555 0100', '#'],
])('the portrait of %s says %s', async (name, initials) => {
  open('/profile', () => json(signedInAs(name)));
  await screen.findByRole('heading', { level: 1 });
  expect(document.querySelector('.portrait')?.textContent).toBe(initials);
});

test.each([
  ['https://pictures.example/ada.png', 'https://pictures.example/ada.png'],
  ['data:image/gif;base64,R0lGODlhAQABAAAAACw=', 'data:image/gif;base64,R0lGODlhAQABAAAAACw='],
  ['javascript:alert(1)', undefined],
  ['data:text/html,<p>', undefined],
  ['http://pictures.example/ada.png', undefined],
  ['ada.png', undefined],
  [42, undefined],
])('of the picture %s, %s is asked for', async (picture, address) => {
  const me = signedInAs('Ada');
  open('/profile', () => json({ ...me, user: { ...me.user, picture } }));
  await screen.findByRole('heading', { level: 1 });
  expect(document.querySelector('img')?.getAttribute('src')).toBe(address);
});
