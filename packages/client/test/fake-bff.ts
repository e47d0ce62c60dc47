import { vi } from 'vitest';

export const anonymous = { authenticated: false, loginUrl: '/login' };

export const signedIn = {
  authenticated: true,
  user: { sub: 'ada', name: 'Ada' },
  displayName: 'Ada',
  session: {
    id: 's1',
    now: '2026-01-01T10:00:00.000Z',
    idleExpiresAt: '2026-01-01T11:00:00.000Z',
    expiresAt: '2026-01-02T10:00:00.000Z',
  },
  logoutUrl: '/logout',
};

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problem = (code: string, status: number, headers: Record<string, string> = {}): Response =>
  json({ type: `urn:foyer:problem:${code}`, status, code }, status, {
    'content-type': 'application/problem+json',
    ...headers,
  });

/** What the page asked for, and where it went. */
export interface FakeBrowser {
  readonly calls: string[];
  readonly requests: (RequestInit | undefined)[];
  readonly moves: string[];
}

const page = 'https://app.example';

/** As a page of `https://app.example` would write it. */
const short = (url: string | URL): string => String(url).replace(`${page}/`, '/');

/** Replaces the browser's `fetch` and `location`; the page is `/profile?x=1#top` of `https://app.example`. */
export const stubBrowser = (answer: (call: string) => Response | Promise<Response>): FakeBrowser => {
  const browser: FakeBrowser = { calls: [], requests: [], moves: [] };
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const { url, method } = input instanceof Request ? input : { url: input, method: 'GET' };
    const call = `${init?.method ?? method} ${short(url)}`;
    browser.calls.push(call);
    browser.requests.push(init);
    return answer(call);
  });
  vi.stubGlobal('location', {
    href: `${page}/profile?x=1#top`,
    assign: (url: string | URL) => browser.moves.push(short(url)),
  });
  return browser;
};
