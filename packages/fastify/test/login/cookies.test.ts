import { randomBytes } from 'node:crypto';
import type { TestBrowser } from '@foyer/testkit';
import { describe, expect, test } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { type BentBff, cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { createSessionKey } from '../kit/start-bff.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
}

const cookieOf = (browser: TestBrowser, isLogin: boolean): Cookie => {
  const found = browser.cookies().find(({ name }) => name.includes('-login-') === isLogin);
  if (found === undefined) throw new Error('The browser has no such cookie.');
  return found;
};

const ask = async ({ bff }: BentBff, cookie: string, url = '/api/me') => {
  const { statusCode, body, headers } = await bff.app.inject({ url, headers: { cookie } });
  return { status: statusCode, body, setCookie: headers['set-cookie'] };
};

const anonymous = {
  status: 200,
  body: '{"authenticated":false,"loginUrl":"/login"}',
  setCookie: undefined,
};

const signedIn = async (bent: BentBff): Promise<TestBrowser> => {
  const login = await bent.begin();
  await bent.comeBack(login);
  await login.browser.visitWithoutFollowing(bent.bff.url);
  return login.browser;
};

const otherCharacter = (character: string): string => (character === 'A' ? 'B' : 'A');

const eachChanged = (value: string): readonly string[] =>
  [...value].map(
    (character, at) => `${value.slice(0, at)}${otherCharacter(character)}${value.slice(at + 1)}`,
  );

const eachCut = (value: string): readonly string[] => [...value].map((_, length) => value.slice(0, length));

describe('the session cookie', () => {
  test('with any character changed, or cut anywhere, is an anonymous visitor’s', async () => {
    const bent = await startBentBff();
    const { name, value } = cookieOf(await signedIn(bent), false);
    expect((await ask(bent, `${name}=${value}`)).body).toContain('"authenticated":true');
    for (const changed of [...eachChanged(value), ...eachCut(value), `${value}A`, `${value}=`, `"${value}"`])
      expect({ changed, ...(await ask(bent, `${name}=${changed}`)) }).toEqual({ changed, ...anonymous });
    expect(bent.bff.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('sent twice is an anonymous visitor’s, in either order and when both are sound', async () => {
    const bent = await startBentBff();
    const { name, value } = cookieOf(await signedIn(bent), false);
    for (const [one, other] of [
      [value, value],
      [value, 'x'],
      ['x', value],
      [value, ''],
    ])
      expect(await ask(bent, `${name}=${one}; ${name}=${other}`)).toEqual(anonymous);
  });

  test('under another name, or with a pending login in it, is an anonymous visitor’s', async () => {
    const bent = await startBentBff();
    const { name, value } = cookieOf(await signedIn(bent), false);
    const login = await bent.begin();
    const pending = cookieOf(login.browser, true);
    for (const cookie of [
      `x${name}=${value}`,
      `${name}x=${value}`,
      `${name.toUpperCase()}=${value}`,
      `${name}=${pending.value}`,
      `${pending.name}=${value}`,
    ])
      expect({ cookie, ...(await ask(bent, cookie)) }).toEqual({ cookie, ...anonymous });
  });

  test('of other keys, of another client or of another store is an anonymous visitor’s', async () => {
    const sessionKeys = [createSessionKey()];
    const sessionStore = await openSessionStore('memory:');
    const publicUrl = 'https://app.example';
    const bent = await startBentBff({}, { sessionKeys, sessionStore, publicUrl });
    const { name, value } = cookieOf(await signedIn(bent), false);
    const sameKeys = await startBentBff({}, { sessionKeys, publicUrl });
    const otherKeys = await startBentBff({}, { sessionKeys: [createSessionKey()], sessionStore, publicUrl });
    const otherClient = await startBentBff(
      {},
      { sessionKeys, sessionStore, publicUrl, issuer: bent.bent.issuer, clientId: 'another' },
    );
    for (const other of [sameKeys, otherKeys, otherClient])
      expect(await ask(other, `${name}=${value}`)).toEqual(anonymous);
    expect((await ask(bent, `${name}=${value}`)).body).toContain('"authenticated":true');
  });
});

describe('the pending-login cookie', () => {
  test('with any character changed, or cut anywhere, does not count: no token request', async () => {
    const bent = await startBentBff();
    const { browser, state } = await bent.begin();
    const { name, value } = cookieOf(browser, true);
    const url = `/login/callback?code=a&state=${state}`;
    for (const changed of [...eachChanged(value), ...eachCut(value)]) {
      const { status, body } = await ask(bent, `${name}=${changed}`, url);
      expect([changed, status, JSON.parse(body).code]).toEqual([changed, 400, 'login_not_started']);
    }
    expect(bent.bent.count('token')).toBe(0);
    expect(bent.bff.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('sent twice, of another login, of a session or of other keys does not count', async () => {
    const publicUrl = 'https://app.example';
    const bent = await startBentBff({}, { publicUrl });
    const other = await startBentBff({}, { publicUrl });
    const { browser, state } = await bent.begin();
    const { name, value } = cookieOf(browser, true);
    const session = cookieOf(await signedIn(bent), false);
    const another = cookieOf((await bent.begin()).browser, true);
    const foreign = cookieOf((await other.begin()).browser, true);
    const tokenRequests = bent.bent.count('token');
    for (const cookie of [
      `${name}=${value}; ${name}=${value}`,
      `${name}=${value}; ${name}=x`,
      `${name}=${another.value}`,
      `${another.name}=${value}`,
      `${name}=${session.value}`,
      `${name}=${foreign.value}`,
    ]) {
      const { status, body } = await ask(bent, cookie, `/login/callback?code=a&state=${state}`);
      expect([cookie, status, JSON.parse(body).code]).toEqual([cookie, 400, 'login_not_started']);
    }
    expect(bent.bent.count('token')).toBe(tokenRequests);
  });
});

const tourOf = async (bent: BentBff): Promise<readonly string[]> => {
  const lines: string[] = [];
  const login = await bent.begin('?returnTo=/a');
  lines.push(...login.browser.current.headers.getSetCookie());
  lines.push(...(await bent.comeBack(login)).headers.getSetCookie());
  const failing = await bent.begin('?prompt=login', login.browser);
  lines.push(...(await bent.comeBack(failing, `state=${failing.state}&error=x`)).headers.getSetCookie());
  for (let count = 0; count < 6; count += 1) {
    await bent.begin('?prompt=login', login.browser);
    lines.push(...login.browser.current.headers.getSetCookie());
  }
  const answer = await fetch(`${bent.bff.url}/logout`, {
    method: 'POST',
    headers: { cookie: cookieHeader(login.browser, bent.bff), 'x-csrf': '1' },
    redirect: 'manual',
  });
  lines.push(...answer.headers.getSetCookie());
  return lines;
};

const namesOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.slice(0, line.indexOf('=')));

test.for([
  ['http', undefined],
  ['https', 'https://app.example'],
] as const)('on %s every cookie has its attributes, those that are cleared too', async ([, publicUrl]) => {
  const bent = await startBentBff({}, publicUrl === undefined ? {} : { publicUrl });
  const session = publicUrl === undefined ? `foyer-${new URL(bent.bff.url).port}` : '__Host-Http-foyer';
  const secure = publicUrl === undefined ? '' : 'Secure; ';
  const life = '(?:; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT)?; Path=/; HttpOnly; ';
  const strict = new RegExp(`^${session}=[\\w.-]*${life}${secure}SameSite=Strict$`);
  const lax = new RegExp(
    `^${session}-(login-[\\w-]+|rounds)=[\\w.-]*; Max-Age=(87000|60|0; Expires=Thu, 01 Jan 1970 00:00:00 GMT); Path=/; HttpOnly; ${secure}SameSite=Lax$`,
  );
  const lines = await tourOf(bent);
  for (const line of lines) expect(line).toMatch(/^[^=]+-(login-|rounds)/.test(line) ? lax : strict);
  expect(namesOf(lines).filter((name) => name === session)).toHaveLength(2);
  expect(lines.filter((line) => line.includes('Max-Age=0')).length).toBeGreaterThan(7);
});

test('hundreds of planted cookies make no answer large: one clears some of them, and the real ones first', async () => {
  const bent = await startBentBff();
  const { browser } = await bent.begin();
  const { name, value } = cookieOf(browser, true);
  const planted = Array.from({ length: 300 }, (_each, at) => `${name.slice(0, -12)}planted${at}=x`);
  const cookie = [...planted, `${name}=${value}`].join('; ');
  const begun = await fetch(`${bent.bff.url}/login`, { headers: { cookie }, redirect: 'manual' });
  expect([begun.status, begun.headers.getSetCookie().length > 10]).toEqual([303, true]);
  const headers = { cookie, 'x-csrf': '1', accept: 'application/json' };
  const ended = await fetch(`${bent.bff.url}/logout`, { method: 'POST', headers });
  const cleared = namesOf(ended.headers.getSetCookie()).filter((each) => each.includes('-login-'));
  expect([ended.status, cleared.length > 10, cleared[0]]).toEqual([200, true, name]);
  for (const answer of [begun, ended]) expect([...answer.headers].join('\r\n').length).toBeLessThan(4096);
});

test('planted cookies beside a long address leave the head of an answer below the 4 kB of proxies', async () => {
  const bent = await startBentBff({
    discovery: (base) => ({ body: { ...base, end_session_endpoint: `${base.issuer}/end` } }),
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', much: 'x'.repeat(1100) } }),
  });
  const login = await bent.begin();
  const { name } = cookieOf(login.browser, true);
  await bent.comeBack(login);
  const planted = Array.from({ length: 300 }, (_each, at) => `${name.slice(0, -12)}planted${at}=x`);
  const cookie = [...planted, cookieHeader(login.browser, bent.bff)].join('; ');
  const returnTo = `/${randomBytes(1600).toString('base64url').slice(0, 2047)}`;
  const begun = await fetch(`${bent.bff.url}/login?prompt=login&returnTo=${returnTo}`, {
    headers: { cookie },
    redirect: 'manual',
  });
  const ended = await fetch(`${bent.bff.url}/logout`, {
    method: 'POST',
    headers: { cookie, 'x-csrf': '1', accept: 'text/html' },
    redirect: 'manual',
  });
  expect([begun.status, ended.status]).toEqual([303, 303]);
  expect(ended.headers.get('location')?.length).toBeGreaterThan(2000);
  for (const answer of [begun, ended]) {
    expect(answer.headers.getSetCookie().length).toBeGreaterThan(1);
    expect([...answer.headers].join('\r\n').length).toBeLessThan(4096);
  }
});
