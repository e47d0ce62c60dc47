import type { Page } from 'playwright-core';
import { type RunningProduct, startProductBeside } from './start-product.ts';
import { startProductWithApi } from './start-with-api.ts';

/** The product with everything that has a view of its own. */
export interface ProductOfViews extends RunningProduct {
  /** Where a second server of the product lets people choose one of several providers. */
  readonly choiceUrl: string;
}

/** One view: its name, and the way to it from any page of a browser, signed in or not. */
export interface View {
  readonly name: string;
  readonly isSignedIn?: boolean;
  readonly go: (page: Page, product: ProductOfViews) => Promise<unknown>;
}

/** Starts the product with the demo API behind it, and beside it one with two providers. */
export const startProductOfViews = async (): Promise<ProductOfViews> => {
  const product = await startProductWithApi('email users:read users:write');
  const { issuer, clientId, clientSecret } = product.provider;
  const client = { issuer, clientSecret };
  const choice = await startProductBeside({
    startProvider: async () => ({ ...product.provider, close: async () => undefined }),
    variables: {
      OIDC_ISSUER: undefined,
      OIDC_CLIENT_ID: undefined,
      OIDC_CLIENT_SECRET: undefined,
      PROVIDERS: JSON.stringify([
        { ...client, id: 'staff', label: 'Staff of Example', clientId },
        { ...client, id: 'guests', label: 'Guests', clientId: 'guests' },
      ]),
    },
  });
  const close = async (): Promise<void> => {
    await choice.close();
    await product.close();
  };
  return { ...product, choiceUrl: choice.url, close };
};

/** Signs Ada in and arrives at a path. */
export const signIn = async (page: Page, { url }: RunningProduct, path: string): Promise<void> => {
  await page.goto(`${url}/login?returnTo=${encodeURIComponent(path)}`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.getByRole('button', { name: 'Logout' }).waitFor();
};

const open =
  (path: string, sign: string) =>
  async (page: Page, { url }: RunningProduct): Promise<void> => {
    await page.goto(url + path);
    await page.getByText(sign).first().waitFor();
  };

/** An event stream with one event, as the server would send it a minute before the end. */
const expiring = (expiresAt: string): string =>
  `event: expiring\ndata: ${JSON.stringify({ limit: 'idle', expiresAt, now: new Date().toISOString() })}\n\n`;

/** Every view that people see: the SPA's, the BFF's own pages and the provider's. */
export const views: readonly View[] = [
  { name: 'home-signed-out', go: open('/', 'Login/Register »') },
  { name: 'home-signed-in', isSignedIn: true, go: open('/', ' bytes') },
  {
    name: 'account-menu',
    isSignedIn: true,
    go: async (page, product) => {
      await open('/', 'View Profile »')(page, product);
      await page.getByRole('button', { name: 'Account menu' }).click();
      await page.getByRole('link', { name: 'Sessions' }).waitFor();
    },
  },
  { name: 'profile', isSignedIn: true, go: open('/profile', 'User object:') },
  { name: 'sessions', isSignedIn: true, go: open('/sessions', 'This browser') },
  { name: 'api-demo', isSignedIn: true, go: open('/users', 'Alan Turing') },
  { name: 'recovery', isSignedIn: true, go: open('/recovery', 'Make a code') },
  { name: 'not-found', go: open('/nowhere', 'There is nothing here') },
  {
    name: 'signed-out',
    go: async (page, product) => {
      await page.route(/\/login\?/, (route) => route.fulfill({ status: 204 }));
      await open('/profile', 'You are signed out')(page, product);
    },
  },
  {
    name: 'unreachable',
    go: async (page, product) => {
      await page.route(/\/api\/me(\?|$)/, (route) => route.fulfill({ status: 503, body: '' }));
      await open('/profile', 'Try again')(page, product);
    },
  },
  {
    name: 'outage',
    isSignedIn: true,
    go: async (page, product) => {
      await open('/profile', 'User object:')(page, product);
      await page.route('**/api/me?*', (route) => route.fulfill({ status: 503, body: '' }));
      await page.evaluate("dispatchEvent(new Event('online'))");
      await page.getByText('cannot be reached').waitFor();
    },
  },
  {
    name: 'about-to-end',
    isSignedIn: true,
    go: async (page, product) => {
      // Later than the page's own answer says, or the client takes it for an old message.
      const body = expiring(new Date(Date.now() + 31 * 60_000).toISOString());
      await page.route('**/api/me/events', (route) =>
        route.fulfill({ contentType: 'text/event-stream', body }),
      );
      await open('/profile', 'Stay signed in')(page, product);
    },
  },
  { name: 'error-page', go: open('/login/callback?state=unknown&code=x', 'Try again') },
  { name: 'sign-out-page', isSignedIn: true, go: open('/logout', 'Stay signed in') },
  {
    name: 'provider-choice',
    go: async (page, { choiceUrl }) => {
      await page.goto(`${choiceUrl}/login`);
      await page.getByRole('link', { name: 'Guests' }).waitFor();
    },
  },
  { name: 'provider-sign-in', go: open('/login', 'Any other name') },
  {
    name: 'provider-sign-out',
    isSignedIn: true,
    go: (page, product) => page.goto(`${product.provider.issuer}/session/end`),
  },
  { name: 'provider-error', go: (page, product) => page.goto(`${product.provider.issuer}/auth`) },
  { name: 'provider-start', go: (page, product) => page.goto(product.provider.issuer) },
];
