import { parseMe } from '@foyer/contract';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, launchChromium, type TestBrowser } from '@foyer/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PlusAuthLike, startPlusAuthLike } from './plusauth-like.ts';
import { type RunningProduct, startProductBeside } from './start-product.ts';

/** The tutorial's own behaviours, in its order, with its own variable names, at a provider like its own. */

const ada = 'Ada Lovelace';

type Beside = Pick<Parameters<typeof startPlusAuthLike>[0], 'clientAuth' | 'slash'> & {
  /** Whether the issuer of the configuration ends with a slash. */
  readonly configuredSlash?: boolean;
};

const beside = async (
  { configuredSlash = false, ...provider }: Beside,
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningProduct<BesidePlusAuth>> =>
  startProductBeside({
    startProvider: async (publicUrl) => {
      const like = await startPlusAuthLike({ publicUrls: [publicUrl], ...provider });
      const { clientId, clientSecret } = like.provider;
      const issuer = `${like.issuer.replace(/\/$/, '')}${configuredSlash ? '/' : ''}`;
      return { ...like, clientId, clientSecret, issuer };
    },
    variables,
  });

type BesidePlusAuth = PlusAuthLike & { readonly clientId: string; readonly clientSecret: string };

const signIn = async (
  url: string,
  browser: TestBrowser = createBrowser(),
  returnTo = '/',
): Promise<TestBrowser> => {
  await browser.visit(`${url}/login?returnTo=${encodeURIComponent(returnTo)}`, { from: `${url}/` });
  await browser.submit({ button: ada });
  return browser;
};

const whoIsThere = async (browser: TestBrowser, url: string): Promise<ReturnType<typeof parseMe>> =>
  parseMe(await (await browser.fetch('/api/me', { from: `${url}/` })).json());

let product: RunningProduct<BesidePlusAuth>;
let chromium: Browser;
let page: Page;

beforeAll(async () => {
  [product, chromium] = await Promise.all([beside({}), launchChromium()]);
});

afterAll(async () => {
  await chromium.close();
  await product.close();
});

beforeEach(async () => {
  page = await (await chromium.newContext()).newPage();
});

afterEach(async () => {
  await page.context().close();
});

describe('what the pages say', () => {
  test('anonymous home: title, brand, Login, heading, text, Login/Register », both to /login', async () => {
    await page.goto(product.url);
    expect(await page.title()).toBe('Plusauth Starter Template');
    expect(await page.getByRole('link', { name: 'Plusauth Starter', exact: true }).getAttribute('href')).toBe(
      '/',
    );
    await page.getByRole('heading', { name: 'Hello, world!' }).waitFor();
    await page.getByText('OpenID Connect authorization code flow').waitFor();
    for (const name of ['Login', 'Login/Register »']) {
      const link = page.getByRole('link', { name, exact: true });
      expect(await link.getAttribute('href')).toBe('/login');
    }
    await page.getByText('Log in to see').waitFor();
    expect(await page.getByText('Logged in as').count()).toBe(0);
  });

  test('signed-in home: Logged in as, Logout, View Profile », and a text that no longer asks to log in', async () => {
    await page.goto(product.url);
    await page.getByRole('link', { name: 'Login/Register »' }).click();
    await page.getByRole('button', { name: ada }).click();
    const user = page.getByRole('link', { name: 'Logged in as: ada.plusauth' });
    expect(await user.getAttribute('href')).toBe('/profile');
    await page.getByRole('button', { name: 'Logout', exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Hello, world!' }).waitFor();
    expect(await page.getByRole('link', { name: 'View Profile »' }).getAttribute('href')).toBe('/profile');
    expect(await page.getByText('Log in to see').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Login', exact: true }).count()).toBe(0);
  });

  test('profile: signed out it goes to the provider and back with its query; then Welcome and User object:', async () => {
    await page.goto(`${product.url}/profile?from=tutorial`);
    await page.getByRole('button', { name: ada }).click();
    await page.getByRole('heading', { name: 'Welcome ada.plusauth!' }).waitFor();
    expect(page.url()).toBe(`${product.url}/profile?from=tutorial`);
    await page.getByRole('heading', { name: 'User object:' }).waitFor();
    const json = (await page.locator('pre').textContent()) ?? '';
    expect(JSON.parse(json)).toEqual({
      sub: 'ada',
      username: 'ada.plusauth',
      email: null,
      email_verified: null,
    });
    expect(json.split('\n')[1]).toMatch(/^ {2}"/);
  });
});

describe('logging in', () => {
  test('a bare GET /login, typed or linked from the provider, starts a flow', async () => {
    for (const from of [undefined, `${product.provider.issuer}/`]) {
      const answer = await createBrowser().visitWithoutFollowing(
        `${product.url}/login`,
        from === undefined ? {} : { from },
      );
      expect(answer.status).toBe(303);
      const { origin, pathname, searchParams } = new URL(answer.headers.get('location') ?? '');
      expect(origin + pathname).toBe(`${product.provider.issuer}/oauth2/authorize`);
      expect(Object.fromEntries(searchParams)).toMatchObject({
        response_type: 'code',
        scope: 'openid profile email',
        redirect_uri: `${product.url}/login/callback`,
        code_challenge_method: 'S256',
      });
    }
  });

  test('three redirects lead from the button to the page for a person who is signed in at the provider', async () => {
    const browser = await signIn(product.url);
    await browser.fetch('/logout', { method: 'POST', from: `${product.url}/` });
    const arrived = await browser.visit('/login', { from: `${product.url}/` });
    expect(arrived.steps.map(({ url, status }) => [new URL(url).pathname, status])).toEqual([
      ['/login', 303],
      ['/oauth2/authorize', 303],
      ['/login/callback', 303],
      ['/', 200],
    ]);
    expect(await whoIsThere(browser, product.url)).toMatchObject({ authenticated: true });
  });

  test('a person who is signed in already goes straight to returnTo', async () => {
    const browser = await signIn(product.url);
    const answer = await browser.visitWithoutFollowing('/login?returnTo=/profile', {
      from: `${product.url}/`,
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/profile']);
  });

  test.for([
    ['client_secret_basic', undefined, false, false],
    ['client_secret_basic', 'client_secret_basic', true, false],
    ['client_secret_post', undefined, true, true],
    ['client_secret_post', 'client_secret_post', false, true],
  ] as const)(
    'a client that must use %s works with OIDC_CLIENT_AUTH %s, a slash after the issuer of the metadata (%s) and of the configuration (%s)',
    async ([clientAuth, configured, slash, configuredSlash]) => {
      const one = await beside(
        { clientAuth, slash, configuredSlash },
        configured === undefined ? {} : { OIDC_CLIENT_AUTH: configured },
      );
      try {
        const browser = await signIn(one.url);
        expect(await whoIsThere(browser, one.url)).toMatchObject({
          authenticated: true,
          displayName: 'ada.plusauth',
        });
        const used = one.provider.seen.filter(({ endpoint }) => endpoint === 'token').at(-1);
        expect(used?.authorization !== undefined).toBe(clientAuth === 'client_secret_basic');
      } finally {
        await one.close();
      }
    },
  );

  test('the tutorial’s own variable names configure it', async () => {
    const one = await startProductBeside({
      startProvider: (publicUrl) => startDevProvider({ publicUrls: [publicUrl] }),
      variables: ({ issuer, clientId, clientSecret }) => ({
        OIDC_ISSUER: undefined,
        OIDC_CLIENT_ID: undefined,
        OIDC_CLIENT_SECRET: undefined,
        PLUSAUTH_ISSUER_URL: issuer,
        PLUSAUTH_CLIENT_ID: clientId,
        PLUSAUTH_CLIENT_SECRET: clientSecret,
      }),
    });
    try {
      expect(await whoIsThere(await signIn(one.url), one.url)).toMatchObject({ displayName: ada });
    } finally {
      await one.close();
    }
  });

  test('a provider that answers 429 now and then is said to be busy, and the next try works', async () => {
    const browser = createBrowser();
    product.provider.tire('token');
    const busy = await signIn(product.url, browser).then(({ current }) => current);
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(busy.text).toContain('Try again');
    expect(busy.text).not.toContain('Too many');
    const arrived = await browser.visit('/login', { from: `${product.url}/` });
    expect(arrived.url).toBe(`${product.url}/#`);
    expect(await whoIsThere(browser, product.url)).toMatchObject({ authenticated: true });
  });
});

describe('logging out', () => {
  test('local first, then the end session endpoint with hint, client id and state; back on /logout, on to /', async () => {
    const browser = await signIn(product.url);
    const answer = await browser.visitWithoutFollowing('/logout', {
      method: 'POST',
      form: {},
      from: `${product.url}/`,
    });
    expect(answer.status).toBe(303);
    const { origin, pathname, searchParams } = new URL(answer.headers.get('location') ?? '');
    expect(origin + pathname).toBe(`${product.provider.issuer}/oidc/logout`);
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: product.provider.clientId,
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      post_logout_redirect_uri: `${product.url}/logout`,
      state: expect.stringMatching(/^[\w-]{16,}$/),
    });
    expect(await whoIsThere(browser, product.url)).toEqual({ authenticated: false, loginUrl: '/login' });
    await browser.visit(answer.headers.get('location') ?? '', { from: `${product.url}/` });
    const arrived = await browser.submit({ button: 'Sign out' });
    expect(arrived.steps.slice(-2).map(({ url, status }) => [new URL(url).pathname, status])).toEqual([
      ['/logout', 303],
      ['/', 200],
    ]);
  });

  test('a provider that does not echo state brings the browser home all the same', async () => {
    const browser = await signIn(product.url);
    await browser.fetch('/logout', { method: 'POST', from: `${product.url}/` });
    const back = await browser.visitWithoutFollowing(`${product.url}/logout`, {
      from: product.provider.issuer,
    });
    expect([back.status, back.headers.get('location')]).toEqual([303, '/']);
  });

  test('a repeated or forged /logout?state=… is a plain 303 to /', async () => {
    for (const state of ['', 'forged', 'x'.repeat(3000)]) {
      const answer = await createBrowser().visitWithoutFollowing(`${product.url}/logout?state=${state}`);
      expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([
        303,
        '/',
        [],
      ]);
    }
  });

  test('with the provider down a person is signed out here and goes home', async () => {
    const one = await beside({});
    const browser = await signIn(one.url);
    await one.provider.close();
    const copy = browser.cookies(one.url).map(({ name, value }) => `${name}=${value}`);
    const answer = await browser.visitWithoutFollowing('/logout', {
      method: 'POST',
      form: {},
      from: `${one.url}/`,
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    const dead = await fetch(`${one.url}/api/me`, { headers: { cookie: copy.join('; ') } });
    expect(await dead.json()).toEqual({ authenticated: false, loginUrl: '/login' });
    await one.close();
  });
});
