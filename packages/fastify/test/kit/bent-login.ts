import { createBrowser, type Page, type TestBrowser } from '@foyer/testkit';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import type { BffOptions } from '../../src/index.ts';
import { type Bends, type BentProvider, startBentProvider } from '../provider/bent-provider.ts';
import { type RunningBff, startBff } from './start-bff.ts';

/** A login that a browser has begun and not finished. */
export interface BegunLogin {
  readonly browser: TestBrowser;
  readonly state: string;
  readonly nonce: string;
}

/** A BFF beside a provider that answers as configured. */
export interface BentBff {
  readonly bff: RunningBff;
  readonly bent: BentProvider;
  /** Begins a login, by default in a new browser. */
  readonly begin: (query?: string, browser?: TestBrowser) => Promise<BegunLogin>;
  /** Comes back from the provider with `query`, by default that of a sound authorization response. */
  readonly comeBack: (login: BegunLogin, query?: string) => Promise<Page>;
  /** The next logins are those of this subject. */
  readonly becomes: (sub: string) => void;
}

/** Starts both; they are gone when the test is finished. */
export const startBentBff = async (
  bends: Bends = {},
  given: Partial<BffOptions> = {},
  addRoutes?: (app: FastifyInstance) => void,
): Promise<BentBff> => {
  let subject = 'ada';
  const bent = await startBentProvider({
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: subject } }),
    userinfo: (base) => ({ body: { ...base, sub: subject } }),
    ...bends,
  });
  const { issuer, clientId, clientSecret } = bent;
  const options = { issuer, clientId, clientSecret, rateLimitLogin: 0, ...given };
  const bff = await startBff(options, {}, '', addRoutes);
  onTestFinished(async () => {
    await bff[Symbol.asyncDispose]();
    await bent[Symbol.asyncDispose]();
  });
  return {
    bff,
    bent,
    begin: async (query = '', browser = createBrowser()) => {
      const page = await browser.visitWithoutFollowing(`${bff.url}/login${query}`, { from: `${bff.url}/` });
      const { searchParams } = new URL(page.headers.get('location') ?? '');
      return { browser, state: searchParams.get('state') ?? '', nonce: searchParams.get('nonce') ?? '' };
    },
    comeBack: ({ browser, state, nonce }, query = `code=code-1&state=${state}`) => {
      bent.nonce = nonce;
      return browser.visitWithoutFollowing(`${bff.url}/login/callback?${query}`, { from: `${issuer}/` });
    },
    becomes: (sub) => {
      subject = sub;
    },
  };
};

/** The `Cookie` header that a browser sends to a BFF from its own pages. */
export const cookieHeader = (browser: TestBrowser, { url }: RunningBff): string =>
  browser
    .cookies(url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');

/** What `/api/me` says to a browser's page. */
export const whoIs = async (
  browser: TestBrowser,
  { url }: RunningBff,
): Promise<{ authenticated: boolean; user?: { sub: string }; session?: { id: string } }> =>
  JSON.parse(await (await browser.fetch(`${url}/api/me`, { from: `${url}/` })).text());
