import { createBrowser, type Page } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type BffOptions, openSessionStore } from '../../src/index.ts';
import { cookieHeader, whoIs } from '../kit/bent-login.ts';
import { createSessionKey, type RunningBff, startBff } from '../kit/start-bff.ts';
import { type Bends, type BentProvider, startBentProvider } from '../provider/bent-provider.ts';

const startProvider = async (sub: string, bends: Bends = {}): Promise<BentProvider> => {
  const bent = await startBentProvider({
    discovery: (base) => ({
      body: {
        ...base,
        end_session_endpoint: `${String(base.issuer)}/end`,
        authorization_response_iss_parameter_supported: true,
      },
    }),
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub, sid: `session-of-${sub}` } }),
    userinfo: (base) => ({ body: { ...base, sub } }),
    ...bends,
  });
  // Those of one process begin with one key.
  bent.rotateKey();
  onTestFinished(() => bent[Symbol.asyncDispose]());
  return bent;
};

const clientOf = ({ issuer, clientId, clientSecret }: BentProvider) => ({ issuer, clientId, clientSecret });

/** A BFF beside two providers, `staff` and `guests`. */
const startBoth = async (
  bends: { readonly staff?: Bends; readonly guests?: Bends } = {},
  options: Partial<BffOptions> = {},
) => {
  const staff = await startProvider('ada', bends.staff);
  const guests = await startProvider('grace', bends.guests);
  const providers = [
    { id: 'staff', label: 'Staff & <friends>', domains: ['example.com'], ...clientOf(staff) },
    { id: 'guests', label: 'Guests', ...clientOf(guests) },
  ];
  const given = {
    providers,
    sessionKeys: [createSessionKey()],
    sessionStore: await openSessionStore('memory:'),
    rateLimitLogin: 0,
  };
  const bff = await startBff({ ...given, ...options });
  onTestFinished(() => bff[Symbol.asyncDispose]());
  return { bff, staff, guests, given };
};

const begin = (bff: RunningBff, query: string, browser = createBrowser()) =>
  browser.visitWithoutFollowing(`${bff.url}/login${query}`, { from: `${bff.url}/` }).then((page) => ({
    browser,
    page,
    asked: new URL(page.headers.get('location') ?? '', bff.url).searchParams,
  }));

type Begun = Awaited<ReturnType<typeof begin>>;

const comeBack = ({ browser, asked }: Begun, bent: BentProvider): Promise<Page> => {
  bent.nonce = asked.get('nonce') ?? '';
  const query = `code=c&state=${asked.get('state')}&iss=${bent.issuer}`;
  return browser.visitWithoutFollowing(`${asked.get('redirect_uri')}?${query}`, { from: bent.issuer });
};

const signIn = async (bff: RunningBff, id: string, bent: BentProvider, browser = createBrowser()) => {
  const begun = await begin(bff, `?provider=${id}&returnTo=/deep`, browser);
  return { browser, page: await comeBack(begun, bent) };
};

test('a page lists the providers by label, without a script, and each link keeps what was asked', async () => {
  const { bff } = await startBoth();
  const { page } = await begin(bff, '?returnTo=/deep%3Fx%3D1&ui_locales=de');
  expect([page.status, page.headers.getSetCookie()]).toEqual([200, []]);
  expect(page.text).toContain('Staff &amp; &lt;friends&gt;</a>');
  expect(page.text).not.toContain('<script');
  const links = [...page.text.matchAll(/href="(\/login[^"]+)"/g)].map(([, link = '']) =>
    link.replaceAll('&amp;', '&'),
  );
  expect(links).toEqual([
    '/login?provider=staff&returnTo=%2Fdeep%3Fx%3D1&ui_locales=de',
    '/login?provider=guests&returnTo=%2Fdeep%3Fx%3D1&ui_locales=de',
  ]);
});

test('the SPA gets ids, labels and login addresses for buttons of its own', async () => {
  const { bff } = await startBoth();
  const answer = await fetch(`${bff.url}/api/providers`);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    {
      providers: [
        { id: 'staff', label: 'Staff & <friends>', loginUrl: '/login?provider=staff' },
        { id: 'guests', label: 'Guests', loginUrl: '/login?provider=guests' },
      ],
    },
  ]);
});

test('with one provider there is no list and no choice', async () => {
  await using bff = await startBff();
  expect((await fetch(`${bff.url}/api/providers`)).status).toBe(404);
  const start = await fetch(`${bff.url}/login`, { redirect: 'manual' });
  expect(start.headers.get('location')).toContain(bff.provider.issuer);
});

test.for([
  ['ada@example.com', 'staff'],
  ['Ada@EXAMPLE.com', 'staff'],
  ['grace@else.example', undefined],
  ['example.com', undefined],
] as const)('the address %s leads to %s', async ([hint, id]) => {
  const { bff, staff } = await startBoth();
  const { page } = await begin(bff, `?login_hint=${encodeURIComponent(hint)}`);
  expect(page.headers.get('location')?.startsWith(staff.issuer) ?? false).toBe(id === 'staff');
  expect(page.status).toBe(id === undefined ? 200 : 303);
});

test('with prompt=none a person comes back without an error instead of choosing', async () => {
  const { bff } = await startBoth();
  const { page } = await begin(bff, '?prompt=none&returnTo=/deep');
  expect([page.status, page.headers.get('location')]).toEqual([303, '/deep']);
});

test('people of both sign in, one session at a time, and the log names the provider', async () => {
  const { bff, staff, guests } = await startBoth();
  const { browser, page } = await signIn(bff, 'staff', staff);
  expect([page.status, page.headers.get('location')]).toEqual([303, '/deep#']);
  expect(await whoIs(browser, bff)).toMatchObject({ user: { sub: 'ada' } });
  const before = cookieHeader(browser, bff);
  const same = await begin(bff, '?provider=staff&returnTo=/deep', browser);
  expect(same.page.headers.get('location')).toBe('/deep');
  await signIn(bff, 'guests', guests, browser);
  expect(await whoIs(browser, bff)).toMatchObject({ user: { sub: 'grace' } });
  const old = await fetch(`${bff.url}/api/me`, { headers: { cookie: before } });
  expect(await old.json()).toMatchObject({ authenticated: false });
  const logged = bff.log.filter(({ event }) => event === 'login').map(({ provider }) => provider);
  expect(logged).toEqual(['staff', 'guests']);
});

test('a stronger sign-in is asked of the provider of the session, without a choice', async () => {
  const { bff, guests } = await startBoth();
  const { browser } = await signIn(bff, 'guests', guests);
  const { page } = await begin(bff, '?acr_values=high', browser);
  expect(page.headers.get('location')?.startsWith(`${guests.issuer}/`)).toBe(true);
});

test('signing out ends at the session’s own provider, and revokes its token there', async () => {
  const revocation = (base: Record<string, unknown>) => ({
    body: {
      ...base,
      end_session_endpoint: `${String(base.issuer)}/end`,
      revocation_endpoint: `${String(base.issuer)}/revocation`,
    },
  });
  const ends = { discovery: revocation, revocation: () => ({}) };
  const { bff, staff, guests } = await startBoth({ staff: ends, guests: ends });
  const { browser } = await signIn(bff, 'guests', guests);
  const headers = { accept: 'application/json' };
  const answer = await browser.fetch(`${bff.url}/logout`, { method: 'POST', headers, from: `${bff.url}/` });
  expect(await answer.text()).toContain(`${guests.issuer}/end?`);
  await expect.poll(() => [guests.count('revocation'), staff.count('revocation')]).toEqual([1, 0]);
});

test('a callback with the answer of another provider is refused: no token request anywhere', async () => {
  const { bff, staff, guests } = await startBoth();
  const begun = await begin(bff, '?provider=staff');
  const mixed = await comeBack(begun, guests);
  expect(mixed.status).toBe(400);
  expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({
    code: 'invalid_authorization_response',
    reason: 'iss is another issuer',
  });
  expect([staff.count('token'), guests.count('token')]).toEqual([0, 0]);
});

/** Two providers that say nothing of themselves in their answers. */
const startSilent = (bends: Bends = {}) => {
  const silent = { discovery: (base: Record<string, unknown>) => ({ body: base }), ...bends };
  return startBoth({ staff: silent, guests: silent });
};

test('a provider that does not name itself in its answers has a callback of its own', async () => {
  const { bff, staff } = await startSilent();
  const begun = await begin(bff, '?provider=staff&returnTo=/deep');
  expect(begun.asked.get('redirect_uri')).toBe(`${bff.url}/login/callback/staff`);
  staff.nonce = begun.asked.get('nonce') ?? '';
  const query = `code=c&state=${begun.asked.get('state')}`;
  const address = `${bff.url}/login/callback/staff?${query}`;
  const page = await begun.browser.visitWithoutFollowing(address, { from: staff.issuer });
  expect([page.status, page.headers.get('location')]).toEqual([303, '/deep#']);
  const [sent] = staff.seen.filter(({ endpoint }) => endpoint === 'token');
  expect(sent?.body.get('redirect_uri')).toBe(`${bff.url}/login/callback/staff`);
  expect((await fetch(address, { method: 'POST' })).status).toBe(405);
});

test.for(['/guests', '', '/unknown'])(
  'a mix-up, an answer at the callback %j of another, is refused: no token request anywhere',
  async (below) => {
    const { bff, staff, guests } = await startSilent();
    const { browser, asked } = await begin(bff, '?provider=staff');
    const address = `${bff.url}/login/callback${below}?code=c&state=${asked.get('state')}`;
    const page = await browser.visitWithoutFollowing(address, { from: guests.issuer });
    expect(page.status).toBe(400);
    expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({
      code: 'invalid_authorization_response',
      reason: 'The answer came to the callback of another provider',
    });
    expect([staff.count('token'), guests.count('token')]).toEqual([0, 0]);
  },
);

test('beside it, a provider that names itself keeps the common callback', async () => {
  const { bff, guests } = await startBoth({ staff: { discovery: (base) => ({ body: base }) } });
  const begun = await begin(bff, '?provider=guests');
  expect(begun.asked.get('redirect_uri')).toBe(`${bff.url}/login/callback`);
  const address = `${bff.url}/login/callback/guests?code=c&state=${begun.asked.get('state')}&iss=${guests.issuer}`;
  expect((await begun.browser.visitWithoutFollowing(address, { from: guests.issuer })).status).toBe(400);
});

test('an ID token of another provider, or for its session, is refused', async () => {
  const { bff, staff, guests } = await startBoth();
  staff.bends = { ...staff.bends, signed: () => guests.sign(guests.idToken()) };
  const { page } = await signIn(bff, 'staff', staff);
  expect(page.status).toBe(502);
});

test('a logout token ends the sessions of its own provider alone, although another has the same sub', async () => {
  const same: Bends = {
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', sid: 'session-1' } }),
    userinfo: (base) => ({ body: { ...base, sub: 'ada' } }),
  };
  const { bff, staff, guests } = await startBoth({ staff: same, guests: same });
  const one = await signIn(bff, 'staff', staff);
  const other = await signIn(bff, 'guests', guests);
  const send = (bent: BentProvider, from = bent) => {
    const { header, claims } = from.logoutToken();
    const body = new URLSearchParams({ logout_token: bent.sign({ header, claims }) });
    return fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body });
  };
  expect((await send(guests, staff)).status, 'signed by another').toBe(400);
  expect((await send(staff)).status).toBe(200);
  expect(await whoIs(one.browser, bff)).toMatchObject({ authenticated: false });
  expect(await whoIs(other.browser, bff)).toMatchObject({ authenticated: true });
  expect((await send(guests)).status).toBe(200);
  expect(await whoIs(other.browser, bff)).toMatchObject({ authenticated: false });
  const logged = bff.log.filter(({ event }) => event === 'backchannel').map(({ provider }) => provider);
  expect(logged).toEqual(['staff', 'guests']);
});

test('one provider that is down leaves the other to sign in with, and its logout tokens count', async () => {
  const { bff, staff, guests } = await startBoth({ staff: { discovery: () => ({ status: 503 }) } });
  expect((await begin(bff, '?provider=staff')).page.status).toBe(503);
  const { browser } = await signIn(bff, 'guests', guests);
  expect(await whoIs(browser, bff)).toMatchObject({ user: { sub: 'grace' } });
  expect((await fetch(`${bff.url}/readyz`)).status).toBe(200);
  expect(staff.count('token')).toBe(0);
});

test('a session of a provider that the configuration no longer names is an anonymous visitor’s', async () => {
  const { bff, guests, given } = await startBoth();
  const { browser } = await signIn(bff, 'guests', guests);
  const headers = { cookie: cookieHeader(browser, bff) };
  const later = await startBff({ ...given, publicUrl: bff.url, providers: given.providers.slice(0, 1) });
  const me = await later.app.inject({ url: '/api/me', headers });
  expect(me.json()).toMatchObject({ authenticated: false });
  await later[Symbol.asyncDispose]();
});

const askGate = async (bff: RunningBff, browser: ReturnType<typeof createBrowser>, path: string) =>
  fetch(`${bff.url}${path}`, { headers: { cookie: cookieHeader(browser, bff) } });

test('the gate distinguishes people of one sub, and a requirement can name the provider that speaks for them', async () => {
  const { bff, staff, guests } = await startBoth({}, { gate: 'on' });
  const wanted = JSON.stringify({ claims: { iss: staff.issuer } });
  const answers = [];
  for (const [id, bent] of [['staff', staff] as const, ['guests', guests] as const]) {
    const { browser } = await signIn(bff, id, bent);
    const { headers } = await askGate(bff, browser, '/gate');
    const required = await askGate(bff, browser, `/gate?require=${encodeURIComponent(wanted)}`);
    answers.push([headers.get('x-auth-subject'), required.status]);
  }
  expect(answers).toEqual([
    ['staff/ada', 200],
    ['guests/grace', 403],
  ]);
});

test.for([
  [false, null, 403],
  ['false', null, 403],
  [true, 'ada@example.com', 202],
  [undefined, 'ada@example.com', 202],
] as const)('with email_verified %s the gate names %s', async ([verified, named, status]) => {
  const { bff, staff } = await startBoth(
    {
      staff: {
        userinfo: (base) => ({
          body: { ...base, sub: 'ada', email: 'ada@example.com', email_verified: verified },
        }),
      },
    },
    { gate: 'oauth2-proxy' },
  );
  const { browser } = await signIn(bff, 'staff', staff);
  const gate = await askGate(bff, browser, '/gate');
  expect([gate.status, gate.headers.get('x-auth-email')]).toEqual([200, named]);
  const auth = await askGate(bff, browser, '/oauth2/auth');
  expect([auth.status, auth.headers.get('x-auth-request-email')]).toEqual([202, named]);
  for (const query of ['allowed_emails=ada@example.com', 'allowed_email_domains=example.com'])
    expect((await askGate(bff, browser, `/oauth2/auth?${query}`)).status).toBe(status);
});

test('an empty list of emails or groups lets no one pass, not even a person with an empty one', async () => {
  const empty = (base: object) => ({ body: { ...base, sub: 'ada', email: '', groups: [''] } });
  const { bff, staff } = await startBoth({ staff: { userinfo: empty } }, { gate: 'oauth2-proxy' });
  const { browser } = await signIn(bff, 'staff', staff);
  for (const query of ['allowed_emails=', 'allowed_groups=', 'allowed_groups=,admins'])
    expect((await askGate(bff, browser, `/oauth2/auth?${query}`)).status).toBe(403);
});

test.for([
  [{}, null, 403],
  [{ xms_edov: '0' }, null, 403],
  [{ xms_edov: true }, 'ada@example.com', 202],
  [{ email_verified: true }, 'ada@example.com', 202],
] as const)(
  'of a provider of many tenants the gate takes an email with %j as %s',
  async ([more, named, status]) => {
    const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
    let origin = '';
    const bent = await startBentProvider({
      discovery: (base) => {
        origin = String(base.issuer);
        return { body: { ...base, issuer: `${origin}/{tenantid}/v2.0` } };
      },
      idToken: ({ header, claims }) => ({
        header,
        claims: {
          ...claims,
          iss: `${origin}/${tenant}/v2.0`,
          tid: tenant,
          email: 'ada@example.com',
          ...more,
        },
      }),
      userinfo: ({ sub }) => ({ body: { sub } }),
    });
    onTestFinished(() => bent[Symbol.asyncDispose]());
    await using bff = await startBff({
      ...clientOf(bent),
      issuer: `${bent.issuer}/common/v2.0`,
      discoveryUrl: `${bent.issuer}/.well-known/openid-configuration`,
      tenants: [tenant],
      gate: 'oauth2-proxy',
    });
    const { browser, asked } = await begin(bff, '');
    bent.nonce = asked.get('nonce') ?? '';
    const callback = `${bff.url}/login/callback?code=c&state=${asked.get('state')}`;
    await browser.visitWithoutFollowing(callback, { from: bent.issuer });
    const gate = await askGate(bff, browser, '/gate');
    expect([gate.status, gate.headers.get('x-auth-email')]).toEqual([200, named]);
    const auth = await askGate(bff, browser, '/oauth2/auth?allowed_email_domains=example.com');
    expect(auth.status).toBe(status);
  },
);

test('the choice of a provider carries on the count of rounds, where every cookie is blocked', async () => {
  const { bff } = await startBoth();
  const ask = (url: string): Promise<Page> =>
    createBrowser().visitWithoutFollowing(new URL(url, bff.url).href);
  const failed = await ask('/login/callback?code=c&state=unknown');
  const again = /class="first" href="([^"]+)"/.exec(failed.text)?.[1] ?? '';
  const choice = await ask(again);
  const href =
    /href="(\/login\?provider=guests[^"]+)"/.exec(choice.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const start = await ask(href);
  const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
  expect(state).toMatch(/^[\w-]{44}\.\d{10}\.login$/);
});
