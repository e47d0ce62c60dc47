import type { Agent } from 'node:http';
import { createCookieJar, type StoredCookie } from './cookie-jar.ts';
import { exchange } from './exchange.ts';
import { type FormChoice, fillForm } from './forms.ts';
import { fetchSite, mostDistantSite, originOf } from './site.ts';

/** One answer of a navigation: a redirect, or the page itself. */
export interface Step {
  readonly url: string;
  readonly status: number;
  readonly location: string | undefined;
  readonly setCookie: readonly string[];
}

/** The page at the end of a navigation, with every answer of the navigation in order. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly steps: readonly Step[];
}

/** Options of a navigation. `from` is the URL of the page that starts it; absent when the user types the address. */
export interface Visit {
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>> | URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

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

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly body: string | undefined;
}

const navigationHeaders = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-user': '?1',
  'upgrade-insecure-requests': '1',
};

function nextHop(hop: Hop, status: number, location: string): Hop {
  const target = new URL(location, hop.url);
  if (!location.includes('#')) target.hash = hop.url.hash;
  const keepsMethod = status === 307 || status === 308 || hop.method === 'GET' || hop.method === 'HEAD';
  return keepsMethod ? { ...hop, url: target } : { url: target, method: 'GET', body: undefined };
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/**
 * Creates a browser with an empty cookie jar, for http only. As in Chromium, the page that started a navigation decides
 * which cookies are sent, whatever redirects follow, and `Sec-Fetch-Site` reports the most distant site of the redirect
 * chain. With an `agent`, navigations share connections as in a real browser.
 */
export function createBrowser({ agent }: { readonly agent?: Agent } = {}): TestBrowser {
  const jar = createCookieJar();
  let current: Page | undefined;
  const requireCurrent = (): Page => {
    if (current === undefined) throw new Error('The browser has not visited a page yet.');
    return current;
  };

  const navigateOnce = async (hop: Hop, visit: Visit, chain: readonly URL[]): Promise<Response> => {
    const initiator = visit.from === undefined ? undefined : new URL(visit.from);
    const cookie = jar.header({ url: hop.url, method: hop.method, initiator, isNavigation: true });
    const site = mostDistantSite(initiator, chain);
    const answer = await exchange({
      agent,
      url: hop.url,
      method: hop.method,
      headers: {
        ...navigationHeaders,
        'sec-fetch-site': site,
        ...(hop.method === 'GET' || hop.method === 'HEAD' ? {} : { origin: originOf(initiator, chain) }),
        ...(hop.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(cookie === '' ? {} : { cookie }),
        ...visit.headers,
      },
      ...(hop.body === undefined ? {} : { body: hop.body }),
    });
    jar.store(hop.url, answer.headers.getSetCookie());
    return answer;
  };

  const navigate = async (url: string, visit: Visit, limit: number): Promise<Page> => {
    const body = visit.form === undefined ? undefined : new URLSearchParams(visit.form).toString();
    let hop: Hop = {
      url: new URL(url, current?.url),
      method: visit.method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST'),
      body,
    };
    const chain: URL[] = [];
    const steps: Step[] = [];
    for (;;) {
      chain.push(hop.url);
      const answer = await navigateOnce(hop, visit, chain);
      const location = answer.headers.get('location') ?? undefined;
      const { status, headers } = answer;
      steps.push({ url: hop.url.href, status, location, setCookie: headers.getSetCookie() });
      const text = await answer.text();
      if (!isRedirect(status) || location === undefined || limit === 0) {
        current = { url: hop.url.href, status, headers, text, steps };
        return current;
      }
      if (steps.length > limit)
        throw new Error(`More than ${limit} redirects, the last to ${hop.url.origin}.`);
      hop = nextHop(hop, status, location);
    }
  };

  const fetchFromPage = async (url: string, request: PageRequest = {}): Promise<Response> => {
    const page = new URL(request.from ?? requireCurrent().url);
    const target = new URL(url, page);
    const method = request.method?.toUpperCase() ?? 'GET';
    const isOwn = page.origin === target.origin;
    const sendsCookies = request.credentials === 'include' || (request.credentials !== 'omit' && isOwn);
    const cookie = sendsCookies
      ? jar.header({ url: target, method, initiator: page, isNavigation: false })
      : '';
    const answer = await exchange({
      url: target,
      method,
      headers: {
        accept: '*/*',
        'sec-fetch-site': fetchSite(page, target),
        'sec-fetch-mode': 'cors',
        'sec-fetch-dest': 'empty',
        ...(isOwn && (method === 'GET' || method === 'HEAD') ? {} : { origin: page.origin }),
        ...(cookie === '' ? {} : { cookie }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    if (sendsCookies) jar.store(target, answer.headers.getSetCookie());
    return answer;
  };

  return {
    get current() {
      return requireCurrent();
    },
    visit: (url, visit = {}) => navigate(url, visit, 20),
    visitWithoutFollowing: (url, visit = {}) => navigate(url, visit, 0),
    fetch: fetchFromPage,
    submit: (choice = {}) => {
      const page = requireCurrent();
      const { action, method, fields } = fillForm(page.text, choice);
      const target = new URL(action || page.url, page.url);
      if (method === 'POST') return navigate(target.href, { method, form: fields, from: page.url }, 20);
      target.search = fields.toString();
      return navigate(target.href, { from: page.url }, 20);
    },
    cookies: (url) => jar.all(new URL(url ?? requireCurrent().url)),
    setCookie: (url, line) => jar.store(new URL(url), [line]),
    clearCookies: () => jar.clear(),
  };
}
