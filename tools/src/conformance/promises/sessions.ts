import type { PromisedOf } from './promise.ts';

/** Cookies and sessions, and how they end or go on. */
export const sessions: readonly PromisedOf[] = [
  {
    title: 'Cookies and sessions',
    promises: [
      {
        text: 'Attributes are on every cookie of every path, deletions and errors included. An anonymous visitor gets no cookie but that of a login in flight.',
        tests: [
          'fastify/login/cookies > on %s every cookie has its attributes, those that are cleared too',
          'fastify/routes/sign-in > an anonymous visitor is told so and gets no cookie',
          'fastify/routes/sign-in > signing out a visitor sets no cookie and leads home',
        ],
      },
      {
        text: 'Each byte changed, cut, doubled, swapped between cookies, keys or instances: anonymous, never an error.',
        tests: [
          'fastify/login/cookies > the session cookie',
          'fastify/login/cookies > the pending-login cookie',
          'fastify/login/cookies.property > whatever cookies are sent, the visitor is anonymous and the answer no error',
        ],
      },
      {
        text: 'After logout, expiry or revocation every copy of the cookie is dead, on every store and replica, also while another request of the session is being written.',
        tests: [
          'bff/replicas > two processes on one %s > a session that ends on one is dead on the other at once',
          'fastify/stores/session-store > %s > an ended session is not written back, and one remover is told',
          'fastify/stores/session-store > %s > what another connection writes is seen at the very next look',
          'fastify/proxy/one-user > a session that ends while its tokens are refreshed stays ended, and the new token goes nowhere',
        ],
      },
      {
        text: 'Idle and absolute limits hold; polling does not extend; key rotation signs nobody out; removing a key does.',
        tests: [
          'fastify/session/limits-and-keys > polling does not extend a session, using it does, and the absolute limit holds',
          'fastify/session/sessions > the idle limit moves with use, the absolute limit does not',
          'fastify/session/limits-and-keys > a session key that is added signs nobody out, one that is taken away does',
        ],
      },
      {
        text: 'Nothing readable is in the cookie; nothing readable is in the store without the cookie.',
        tests: [
          'fastify/session/limits-and-keys > nothing of a session can be read in its cookie, nor in the files of the store',
        ],
      },
    ],
  },
  {
    title: 'Logout',
    promises: [
      {
        text: '`GET` never signs out, nor does a prefetch, an image or a link from elsewhere. Provider down, no end-session endpoint, expired ID token: signed out here all the same.',
        tests: [
          'fastify/routes/logout > no GET signs anybody out: a prefetch, an image, a frame or a link, from here or elsewhere',
          'bff/provider-outages > the provider > down at logout: signed out here all the same, and the browser stays here',
          'fastify/routes/logout > without an end-session endpoint a person is signed out here, and stays here',
          'fastify/routes/logout > an ID token %s, and the person is signed out',
        ],
      },
      {
        text: 'Logout token: every required check; a replay is refused; ID tokens and access tokens are no logout tokens; a body that is too large or of another type is refused.',
        tests: [
          'fastify/provider/logout-token > a logout token is refused',
          'fastify/routes/backchannel-logout.property > a logout token with odd claims is answered 200 or 400, and 200 only when every claim is sound',
          'fastify/routes/logout > a logout token ends the sessions of then, and replayed none of later',
          'fastify/routes/logout > a logout token in a body of another type, twice, nowhere or too large is refused',
        ],
      },
      {
        text: 'The other tabs and the open streams of the session notice within a second.',
        tests: [
          'bff/replicas > two processes on one %s > an event stream of one hears within a second what the other did',
          'web/tour > another tab notices the sign-in and the sign-out without being looked at',
          'fastify/proxy/web-socket > the end of the session closes it with 4401, and the upstream’s side too',
        ],
      },
    ],
  },
  {
    title: 'Refresh',
    promises: [
      {
        text: 'A hundred parallel calls, two processes, a provider that rotates and detects reuse: one grant, a hundred answers, nobody signed out. A crash between grant and save: at worst that one session asks to log in again.',
        tests: [
          'fastify/tokens/access-token > 100 calls on two instances refresh once',
          'bff/replicas > a provider that rotates and detects reuse, two processes on one %s',
          'bff/killed-processes > processes on %s > killed between grant and save: the session asks to log in again at worst, and nothing hangs',
        ],
      },
      {
        text: '`invalid_grant` ends the session everywhere; time-outs, 5xx and resets do not.',
        tests: [
          'fastify/tokens/access-token > a refused refresh ends the session and tells why on the other instance',
          'fastify/provider/token-refresh > a refresh leaves the session',
          'bff/provider-outages > the provider > down at refresh: the old token while it is valid, then 503, and nobody is signed out',
        ],
      },
    ],
  },
];
