import type { OutsideView, SeenAnswer } from './outside-view.ts';

/** A test, named by folder, file and title: `fastify/routes/callback > a callback cannot be used twice`. */
export type TestReference = `${'fastify' | 'client' | 'bff' | 'web'}/${string} > ${string}`;

/** One requirement of a specification for a BFF. */
export interface Requirement {
  readonly section: string;
  readonly level: 'MUST' | 'SHOULD' | 'MAY';
  /** The requirement in our own words. */
  readonly text: string;
  /** The test that shows that the product meets it. */
  readonly test: TestReference;
  /** Whether a deployment meets it; `undefined` when that cannot be seen from outside, or the requirement does not apply. */
  readonly isSeen?: (view: OutsideView) => boolean | undefined;
}

/** Whether `holds` is true for every cookie that was set; `undefined` when none was set. */
const everyCookie = ({ login, me, page }: OutsideView, holds: (line: string) => boolean) => {
  const lines = [login, me, page].flatMap(({ headers }) => headers.getSetCookie());
  return lines.length === 0 ? undefined : lines.every(holds);
};

const hasAttribute = (line: string, attribute: string): boolean => {
  const [, ...attributes] = line.toLowerCase().split(/\s*;\s*/);
  return attributes.includes(attribute.toLowerCase());
};

const authorizationRequest = ({ login }: OutsideView): URLSearchParams | undefined =>
  URL.parse(login.headers.get('location') ?? '')?.searchParams;

const isRefused = ({ status, text }: SeenAnswer): boolean =>
  status === 403 && text.includes('cross_site_request');

/** The requirements of RFC 10017 section 6.1, and those that RFC 9700 and OWASP ASVS add. */
export const requirements: readonly Requirement[] = [
  {
    section: 'RFC 10017 6.1.2.1',
    level: 'SHOULD',
    text: 'An endpoint reports whether a session is active, and who is signed in',
    test: 'fastify/routes/sign-in > an anonymous visitor is reported as such and gets no cookie',
    isSeen: ({ me }) => me.status === 200 && me.text.includes('"authenticated"'),
  },
  {
    section: 'RFC 10017 6.1.2.1',
    level: 'SHOULD',
    text: 'A navigation to the login endpoint starts the flow with a redirect',
    test: 'fastify/routes/sign-in > a person signs in in three redirects and is known',
    isSeen: ({ login }) => login.status === 303,
  },
  {
    section: 'RFC 10017 6.1.2.2',
    level: 'SHOULD',
    text: 'The refresh token stays with the session; when it is no longer valid the session ends',
    test: 'fastify/tokens/access-token > a refused refresh ends the session and says why on the other instance',
  },
  {
    section: 'RFC 10017 6.1.3.1',
    level: 'MUST',
    text: 'The BFF is a confidential client with credentials of its own',
    test: 'fastify/provider/client-authentication > post sends the secret as it is',
  },
  {
    section: 'RFC 10017 6.1.3.1',
    level: 'MUST',
    text: 'The authorization code grant is used',
    test: 'fastify/routes/sign-in > a person signs in in three redirects and is known',
    isSeen: (view) => authorizationRequest(view)?.get('response_type') === 'code',
  },
  {
    section: 'RFC 9700 2.1.1',
    level: 'MUST',
    text: 'PKCE with S256, and a state and nonce of each request’s own',
    test: 'fastify/provider/authorization-request > each request has a state, a nonce and an S256 challenge of its own',
    isSeen: (view) => {
      const asked = authorizationRequest(view);
      return asked?.get('code_challenge_method') === 'S256' && asked.has('state') && asked.has('nonce');
    },
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'MUST',
    text: 'Cookies have the Secure flag (on loopback http there is none)',
    test: 'fastify/login/cookies > on %s every cookie has its attributes, those that are cleared too',
    isSeen: (view) => (view.isSecure ? everyCookie(view, (line) => hasAttribute(line, 'Secure')) : undefined),
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'MUST',
    text: 'Cookies have the HttpOnly flag',
    test: 'fastify/routes/sign-in > the login cookie is Lax, the session cookie Strict, both are HttpOnly',
    isSeen: (view) => everyCookie(view, (line) => hasAttribute(line, 'HttpOnly')),
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'SHOULD',
    text: 'The session cookie is SameSite=Strict; the cookie of a login transaction has to be Lax, since the provider redirects to the callback',
    test: 'fastify/routes/sign-in > the login cookie is Lax, the session cookie Strict, both are HttpOnly',
    isSeen: (view) => everyCookie(view, (line) => /SameSite=(Strict|Lax)/.test(line)),
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'SHOULD',
    text: 'The path of cookies is that of the public URL, and they have no Domain',
    test: 'fastify/login/cookies > on %s every cookie has its attributes, those that are cleared too',
    isSeen: (view) =>
      everyCookie(
        view,
        (line) => hasAttribute(line, `Path=${view.cookies.path}`) && !/;\s*Domain=/i.test(line),
      ),
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'SHOULD',
    text: 'The names of cookies begin with __Host-Http-, below a path with __Secure- (on loopback http they cannot)',
    test: 'fastify/login/cookies > on %s every cookie has its attributes, those that are cleared too',
    isSeen: (view) =>
      view.isSecure ? everyCookie(view, (line) => line.startsWith(view.cookies.prefix)) : undefined,
  },
  {
    section: 'RFC 10017 6.1.3.2',
    level: 'SHOULD',
    text: 'Nothing readable is in the cookie; tokens are not in it at all',
    test: 'fastify/session/limits-and-keys > nothing of a session can be read in its cookie, nor in the files of the store',
  },
  {
    section: 'RFC 10017 6.1.3.3',
    level: 'MUST',
    text: 'Requests from other sites change nothing and read nothing',
    test: 'fastify/routes/sign-in > another site cannot sign anyone out',
    isSeen: ({ signOutFromElsewhere, meFromElsewhere }) =>
      isRefused(signOutFromElsewhere) &&
      isRefused(meFromElsewhere) &&
      !meFromElsewhere.headers.has('access-control-allow-origin'),
  },
  {
    section: 'RFC 10017 6.1.3.3',
    level: 'SHOULD',
    text: 'An unsafe request without Fetch Metadata and Origin needs the header X-CSRF',
    test: 'fastify/browser-security/cross-site > %s with %j is %s',
    isSeen: ({ signOutWithoutHeader }) => isRefused(signOutWithoutHeader),
  },
  {
    section: 'RFC 10017 6.1.3.6',
    level: 'MUST',
    text: 'Requests are forwarded to configured upstreams only, whatever the request contains',
    test: 'fastify/proxy/proxy > the upstream gets the access token, not the cookie or the browser’s authorization',
  },
  {
    section: 'RFC 10017 6.1.3.6',
    level: 'MUST',
    text: 'The path that is checked is the path that is sent; traversal in any encoding is refused',
    test: 'fastify/proxy/targets > %s is answered %i and reaches no upstream',
    isSeen: ({ encodedSlashPath }) => encodedSlashPath.status === 400 || encodedSlashPath.status === 404,
  },
  {
    section: 'RFC 10017 6.1.3.6',
    level: 'MAY',
    text: 'Methods can be restricted for each route',
    test: 'fastify/proxy/proxy > wrong methods, other sites and large bodies are refused',
  },
  {
    section: 'RFC 9700 4.11',
    level: 'MUST',
    text: 'No open redirect: returnTo leads to the BFF’s own origin or an allowed one',
    test: 'fastify/login/return-to > whatever is asked for, the browser ends on our own origin',
  },
  {
    section: 'RFC 9700 4.7, RFC 6749 10.12',
    level: 'MUST',
    text: 'A callback without its login transaction is refused',
    test: 'fastify/routes/callback > a callback without its pending login makes no token request',
    isSeen: ({ callback }) => callback.status === 400,
  },
  {
    section: 'ASVS 5.0 V14.3',
    level: 'MUST',
    text: 'Private answers are not cached',
    test: 'fastify/routes/sign-in > an anonymous visitor is reported as such and gets no cookie',
    isSeen: ({ me, login }) =>
      [me, login].every(({ headers }) => headers.get('cache-control')?.includes('no-store') ?? false),
  },
  {
    section: 'ASVS 5.0 V3.4',
    level: 'MUST',
    text: 'Security headers are on every answer, and no header names the server',
    test: 'fastify/browser-security/every-answer > the %s answer to %s has every header once, and names no server',
    isSeen: ({ page, me, isSecure }) =>
      [page, me].every(
        ({ headers }) =>
          headers.get('x-content-type-options') === 'nosniff' &&
          (headers.get('content-security-policy')?.includes("frame-ancestors 'none'") ?? false) &&
          headers.has('referrer-policy') &&
          !headers.has('x-powered-by') &&
          (!isSecure || headers.has('strict-transport-security')),
      ),
  },
];
