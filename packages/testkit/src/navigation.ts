import type { Agent } from 'node:http';
import type { CookieJar } from './cookie-jar.ts';
import { exchange } from './exchange.ts';
import { mostDistantSite, originOf } from './site.ts';

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

/** Whether a method only reads. */
export const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Headers without those that have no value. */
export const present = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && value !== '') given[name] = value;
  return given;
};

const firstHop = (url: URL, { form, method }: Visit): Hop => {
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  return { url, method: method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST'), body };
};

/** Sends the requests of navigations, each with the hops before it in `chain`. */
const createHopper =
  (jar: CookieJar, agent: Agent | undefined) =>
  async ({ url, method, body }: Hop, visit: Visit, chain: readonly URL[]): Promise<Response> => {
    const initiator = visit.from === undefined ? undefined : new URL(visit.from);
    const own = present({
      ...navigationHeaders,
      'sec-fetch-site': mostDistantSite(initiator, chain),
      origin: isReading(method) ? undefined : originOf(initiator, chain),
      'content-type': body === undefined ? undefined : 'application/x-www-form-urlencoded',
      cookie: jar.header({ url, method, initiator, isNavigation: true }),
    });
    const answer = await exchange({ agent, url, method, headers: { ...own, ...visit.headers }, body });
    jar.store(url, answer.headers.getSetCookie());
    return answer;
  };

/** Makes what follows at most `limit` redirects; with 0 the redirect itself is the page. */
export const createNavigation = (
  jar: CookieJar,
  agent: Agent | undefined,
): ((start: URL, visit: Visit, limit: number) => Promise<Page>) => {
  const send = createHopper(jar, agent);
  return async (start, visit, limit) => {
    let hop = firstHop(start, visit);
    const chain: URL[] = [];
    const steps: Step[] = [];
    for (;;) {
      chain.push(hop.url);
      const answer = await send(hop, visit, chain);
      const location = answer.headers.get('location') ?? undefined;
      const { status, headers } = answer;
      steps.push({ url: hop.url.href, status, location, setCookie: headers.getSetCookie() });
      const text = await answer.text();
      if (!isRedirect(status) || location === undefined || limit === 0)
        return { url: hop.url.href, status, headers, text, steps };
      if (steps.length > limit)
        throw new Error(`More than ${limit} redirects, the last to ${hop.url.origin}.`);
      hop = nextHop(hop, status, location);
    }
  };
};
