import type { PromisedOf } from './promise.ts';

/** The callback, and where a login ends. */
export const signingIn: readonly PromisedOf[] = [
  {
    title: 'The callback',
    promises: [
      {
        text: 'Without its pending login, replayed, with doubled parameters, with both `code` and `error`, with a wrong `iss` or none where it is advertised, oversize, with control characters, or of another browser’s login it is refused: no token request, and an existing session is untouched.',
        tests: [
          'fastify/routes/callback > a callback with %s is refused: no token request, no change to a session',
          'fastify/routes/callback > a callback without iss is refused when the provider says that it sends one',
          'fastify/routes/callback > a callback without its pending login makes no token request',
          'fastify/routes/callback > a login that another browser began is refused, and stays usable for its own',
          'fastify/routes/callback > a callback that failed is used up all the same',
          'fastify/routes/sign-in > a callback cannot be used twice',
          'fastify/routes/callback.property > a callback signs in exactly when it is sound, and else makes no token request and no error of ours',
        ],
      },
      {
        text: 'The same callback sent many times at once, to several replicas too, makes one token request; all of them have its outcome.',
        tests: [
          'fastify/routes/shared-callback > the same callback at another replica makes no second token request, and is signed in by the first',
          'fastify/routes/shared-callback > a failure is shared as well, and each line of the log has its reason',
          'fastify/routes/callback > the same callback sent many times at once makes one token request, and each gets its outcome',
        ],
      },
      {
        text: 'Rounds of sign-in that leave no session end after five within a minute, at a page that names the likely causes; the log says what was missing.',
        tests: [
          'fastify/login/rounds > a session cookie that does not come back: after five rounds a page names the likely causes',
          'fastify/login/rounds > the login cookie that does not come back counts as well, and the log names it',
          'fastify/login/rounds > replicas without common keys count together, and the log names the keys',
          'fastify/login/rounds > replicas without common %s the log says so',
          'fastify/login/rounds > a replica whose clock is an hour ahead: each login is too old at once, and the log names the time',
          'fastify/login/rounds > five tabs, an abandoned login each, and signing in and out again are no rounds',
        ],
      },
      {
        text: 'Of several providers each has its own sessions, pending logins and logout tokens; the answer of another one is refused before any token request: one that does not name itself (`iss`) has a callback of its own.',
        tests: [
          'fastify/routes/several-providers > a callback with the answer of another provider is refused: no token request anywhere',
          'fastify/routes/several-providers > a mix-up, an answer at the callback %j of another, is refused: no token request anywhere',
          'fastify/routes/several-providers > a provider that does not name itself in its answers has a callback of its own',
          'fastify/routes/several-providers > an ID token of another provider, or for its session, is refused',
          'fastify/routes/several-providers > a logout token ends the sessions of its own provider alone, although another has the same sub',
          'fastify/routes/several-providers > one provider that is down leaves the other to sign in with, and its logout tokens count',
          'bff/several-providers > two providers at once on two replicas over Redis: each person signs in, is known on both, and signs out at their own',
        ],
      },
      {
        text: 'Several logins in flight finish in any order, each at its own return-to. Thirty abandoned ones do not grow the cookies.',
        tests: [
          'fastify/routes/callback > several logins in flight finish in any order, each at its own returnTo',
          'fastify/routes/callback > thirty abandoned logins do not grow the cookies, and the last five can be finished',
          'web/tour > two tabs sign in at once and both finish',
        ],
      },
      {
        text: 'Signing in as another user ends the first user’s session. The session id is always new; one that the browser brought is never adopted.',
        tests: [
          'fastify/routes/callback > signing in as another user ends the first user’s session',
          'fastify/routes/callback > of two logins that began together the later ends the session of the earlier',
          'fastify/routes/callback > an id brought by the browser is never adopted: the one who planted it gets no session',
        ],
      },
      {
        text: 'The redirect URI sent to the token endpoint comes from the configuration, whatever `Host` or `X-Forwarded-*` say.',
        tests: [
          'fastify/routes/callback > the redirect URI of the token request is the configured one, whatever Host says',
          'fastify/server/odd-requests > the redirect URI is the configured one whatever %s says',
        ],
      },
    ],
  },
  {
    title: 'Return-to and redirects',
    promises: [
      {
        text: 'Every trick (schemes, `//`, backslashes, tabs, line ends, separators encoded once or twice, userinfo, look-alike hosts, other ports, dot segments, Unicode separators, lists) ends on our own origin. Ordinary deep links with query and fragment survive unchanged.',
        tests: [
          'fastify/login/return-to > the trick %j becomes /',
          'fastify/login/return-to > the deep link %s survives unchanged',
          'fastify/routes/callback > a return-to that comes as %s is ignored, and the login ends at home',
          'fastify/login/return-to.property > wherever a login is asked to end, the browser ends on our own or an allowed origin',
          'fastify/login/return-to.property > and the address leads there when it is read once more, decoded or not',
        ],
      },
      {
        text: 'Nothing of ours but the provider’s own endpoints and our own origin is ever in a `Location`.',
        tests: [
          'fastify/browser-security/locations > nothing but the provider and our own origin is ever in a Location, however a request is bent',
        ],
      },
    ],
  },
];
