import { people } from './people.ts';

/** The part of a test browser that signing in uses: sends a form of its current page and follows the redirects. */
export interface FormBrowser<Page> {
  readonly submit: (choice: {
    readonly button?: string;
    readonly fields?: Readonly<Record<string, string>>;
  }) => Promise<Page>;
}

/**
 * Signs a person in on the provider's sign-in page, which must be the browser's current page, and returns the page after
 * the redirects. A demo person is chosen by the label of the button; any other name is typed.
 */
export function signInThroughPages<Page>(browser: FormBrowser<Page>, person: string): Promise<Page> {
  const isKnown = people.some(({ label }) => label === person);
  return browser.submit(isKnown ? { button: person } : { fields: { name: person } });
}

/** Cookies by origin: name and value alone, which is enough for a test on loopback. */
type Cookies = Map<string, Map<string, string>>;

const printCookies = (cookies: Cookies, origin: string): string =>
  [...(cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');

const storeCookies = (cookies: Cookies, origin: string, lines: readonly string[]): void => {
  const known = cookies.get(origin) ?? new Map<string, string>();
  cookies.set(origin, known);
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
    if (value === '' || /;\s*max-age=0/i.test(line)) known.delete(name);
    else known.set(name, value);
  }
};

const formOf = (person: string): URLSearchParams => {
  const known = people.find(({ label }) => label === person);
  return new URLSearchParams(known === undefined ? { name: person } : { person: known.accountId });
};

/** More redirects than a sign-in has. */
const maxRedirects = 20;

/**
 * Signs a person in at a running application, for tests without a browser: opens `loginUrl`, chooses the person on the
 * provider's page, and returns the application's cookies as a `Cookie` header. A demo person is chosen by label, such as
 * `Ada Lovelace`; any other name is typed.
 *
 * @throws Error when an answer on the way is not a redirect.
 */
export async function signIn(loginUrl: string, person: string): Promise<string> {
  const { origin } = new URL(loginUrl);
  const cookies: Cookies = new Map();
  let url = new URL(loginUrl);
  let hasChosen = false;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const isChoice = url.origin !== origin && url.pathname.startsWith('/interaction/');
    hasChosen ||= isChoice;
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: printCookies(cookies, url.origin) },
      ...(isChoice && { method: 'POST', body: formOf(person) }),
    });
    await answer.arrayBuffer();
    storeCookies(cookies, url.origin, answer.headers.getSetCookie());
    const location = answer.headers.get('location');
    if (location === null)
      throw new Error(`The sign-in ended with ${answer.status} at ${url.origin}${url.pathname}.`);
    if (hasChosen && url.origin === origin) return printCookies(cookies, origin);
    url = new URL(location, url);
  }
  throw new Error(`The sign-in went through more than ${maxRedirects} redirects.`);
}
