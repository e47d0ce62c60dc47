import type { Agent } from 'node:http';
import { type CookieJar, createCookieJar, type StoredCookie } from './cookie-jar.ts';
import { exchange } from './exchange.ts';
import { type FormChoice, fillForm } from './forms.ts';
import { createNavigation, isReading, type Page, present, type Visit } from './navigation.ts';
import { fetchSite } from './site.ts';

/** A request that a page's script makes. `from` is the URL of the page, by default the current one. */
export interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  readonly credentials?: 'same-origin' | 'include' | 'omit';
  readonly from?: string;
}

/** A test browser without a screen. It handles cookies, redirects, forms and Fetch Metadata, and runs no scripts. */
export interface TestBrowser {
  /** The current page; throws before the first navigation. */
  readonly current: Page;
  /** Goes to a URL (relative to the current page) and follows at most 20 redirects. */
  readonly visit: (url: string, visit?: Visit) => Promise<Page>;
  /** Goes to a URL and does not follow a redirect. */
  readonly visitWithoutFollowing: (url: string, visit?: Visit) => Promise<Page>;
  /** Sends a request as a script of the current page would. Redirects are returned, not followed. */
  readonly fetch: (url: string, request?: PageRequest) => Promise<Response>;
  /** Sends a form of the current page. */
  readonly submit: (choice?: FormChoice) => Promise<Page>;
  /** The cookies of a URL's host, for every path. Default: the host of the current page. */
  readonly cookies: (url?: string) => readonly StoredCookie[];
  /** Stores a cookie, written as a `Set-Cookie` line. */
  readonly setCookie: (url: string, line: string) => void;
  /** Deletes every cookie. */
  readonly clearCookies: () => void;
}

/** Sends what the script of a page asks for. */
const createPageFetch =
  (jar: CookieJar) =>
  async (
    page: URL,
    address: string,
    { credentials, body, signal, ...more }: PageRequest,
  ): Promise<Response> => {
    const url = new URL(address, page);
    const method = more.method?.toUpperCase() ?? 'GET';
    const isOwn = page.origin === url.origin;
    const sendsCookies = credentials === 'include' || (credentials !== 'omit' && isOwn);
    const own = present({
      accept: '*/*',
      'sec-fetch-site': fetchSite(page, url),
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
      origin: isOwn && isReading(method) ? undefined : page.origin,
      cookie: sendsCookies ? jar.header({ url, method, initiator: page, isNavigation: false }) : undefined,
    });
    const answer = await exchange({ url, method, headers: { ...own, ...more.headers }, body, signal });
    if (sendsCookies) jar.store(url, answer.headers.getSetCookie());
    return answer;
  };

/**
 * Creates a browser with an empty cookie jar, for http only. As in Chromium, the page that started a navigation decides
 * which cookies are sent, whatever redirects follow, and `Sec-Fetch-Site` reports the most distant site of the redirect
 * chain. With an `agent`, navigations share connections as in a real browser.
 */
export function createBrowser({ agent }: { readonly agent?: Agent } = {}): TestBrowser {
  const jar = createCookieJar();
  const follow = createNavigation(jar, agent);
  const fetchFrom = createPageFetch(jar);
  let current: Page | undefined;
  const requireCurrent = (): Page => {
    if (current === undefined) throw new Error('The browser has not visited a page yet.');
    return current;
  };
  const navigate = async (url: string, visit: Visit, limit = 20): Promise<Page> => {
    current = await follow(new URL(url, current?.url), visit, limit);
    return current;
  };
  return {
    get current() {
      return requireCurrent();
    },
    visit: (url, visit = {}) => navigate(url, visit),
    visitWithoutFollowing: (url, visit = {}) => navigate(url, visit, 0),
    fetch: async (url, request = {}) =>
      fetchFrom(new URL(request.from ?? requireCurrent().url), url, request),
    submit: (choice = {}) => {
      const page = requireCurrent();
      const { action, method, fields } = fillForm(page.text, choice);
      const target = new URL(action || page.url, page.url);
      if (method === 'POST') return navigate(target.href, { method, form: fields, from: page.url });
      target.search = fields.toString();
      return navigate(target.href, { from: page.url });
    },
    cookies: (url) => jar.all(new URL(url ?? requireCurrent().url)),
    setCookie: (url, line) => jar.store(new URL(url), [line]),
    clearCookies: () => jar.clear(),
  };
}
