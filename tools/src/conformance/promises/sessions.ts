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
          'fastify/routes/sign-in > an anonymous visitor is reported as such and gets no cookie',
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
          'fastify/stores/session-store > %s > an ended session is not written back, and one remover learns that it ended it',
          'fastify/stores/session-store > %s > what another connection writes is seen at the very next look',
          'fastify/proxy/one-user > a session that ends while its tokens are refreshed stays ended, and the new token goes nowhere',
        ],
      },
      {
        text: 'Idle and absolute limits hold; polling does not extend; key rotation signs no one out; removing a key does.',
        tests: [
          'fastify/session/limits-and-keys > polling does not extend a session, using it does, and the absolute limit holds',
          'fastify/session/sessions > the idle limit moves with use, the absolute limit does not',
          'fastify/session/limits-and-keys > a session key that is added signs no one out, one that is taken away does',
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
          'fastify/routes/logout > no GET signs anyone out: a prefetch, an image, a frame or a link, from here or elsewhere',
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
          'fastify/routes/logout > a logout token ends the sessions of its time, and a replay ends no later one',
          'fastify/routes/logout > a logout token in a body of another type, twice, nowhere or too large is refused',
        ],
      },
      {
        text: 'The other tabs and the open streams of the session notice within a second.',
        tests: [
          'bff/replicas > two processes on one %s > an event stream of one reports within a second what the other did',
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
        text: 'A hundred parallel calls, two processes, a provider that rotates and detects reuse: one grant, a hundred answers, no one signed out. A crash between grant and save: at worst that one session asks to log in again.',
        tests: [
          'fastify/tokens/access-token > 100 calls on two instances refresh once',
          'bff/replicas > a provider that rotates and detects reuse, two processes on one %s',
          'bff/killed-processes > processes on %s > killed between grant and save: the session asks to log in again at worst, and nothing hangs',
        ],
      },
      {
        text: '`invalid_grant` ends the session everywhere; time-outs, 5xx and resets do not.',
        tests: [
          'fastify/tokens/access-token > a refused refresh ends the session and says why on the other instance',
          'fastify/provider/token-refresh > a refresh leaves the session',
          'bff/provider-outages > the provider > down at refresh: the old token while it is valid, then 503, and no one is signed out: %s',
        ],
      },
    ],
  },
  {
    title: 'Tokens for APIs',
    promises: [
      {
        text: 'An API is sent the token that its route names: the session’s own, none, one for an audience, resource or scope of its own (RFC 8707), an exchanged one (RFC 8693), or the client’s; WebSockets too.',
        tests: [
          'fastify/proxy/route-tokens > an API whose token is %j is sent %s',
          'fastify/proxy/route-tokens > a WebSocket is opened with the token of its route',
          'fastify/proxy/route-tokens > calls without a session get a client’s token where the route allows it, and never one of a person',
          'fastify/tokens/real-targets > three APIs get a token of their own audience each: the session’s, by resource, by exchange',
        ],
      },
      {
        text: 'Several tokens of one session are refreshed one after the other, across processes, with rotation and reuse detection: one grant each, and no one is signed out. A new refresh token is kept first, whatever it was asked for.',
        tests: [
          'fastify/tokens/target-tokens > 100 calls for two audiences on two instances bring one token each, and sign no one out',
          'bff/replicas > a provider that rotates and detects reuse, two processes on one %s > calls with three tokens of one session: one grant for each that expires, no one signed out',
          'bff/killed-processes > processes on %s > killed between the grant of a token for another scope and its save: the same',
          'fastify/tokens/target-tokens > a new refresh token of a target’s answer that cannot be judged is kept',
        ],
      },
      {
        text: 'A provider that refuses an audience ends no session; `invalid_grant` does when the session’s own refresh is refused too.',
        tests: [
          'fastify/tokens/target-tokens > a target that the provider refuses with %s is 502, not asked at every call, and ends nothing',
          'fastify/tokens/target-tokens > invalid_grant for a target ends the session only when the session’s own token is refused too',
        ],
      },
      {
        text: 'Tokens that are bound to the session’s key are sent with a fresh proof, by the API’s newest nonce (RFC 9449); the browser sees nothing of it.',
        tests: [
          'fastify/proxy/dpop > a call has a fresh proof for its method, address and token, and the browser sees nothing of it',
          'fastify/proxy/dpop > an API’s nonce is learnt by one more call, and is in the proofs after that',
          'fastify/proxy/dpop > a WebSocket is opened with a proof, and asked for again with the API’s nonce',
        ],
      },
    ],
  },
];
