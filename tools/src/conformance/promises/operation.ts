import type { PromisedOf } from './promise.ts';

/** Outages, load, and what is disclosed. */
export const operation: readonly PromisedOf[] = [
  {
    title: 'Outages and load',
    promises: [
      {
        text: 'Provider down at boot, in the middle, slow, lying: the BFF boots, serves pages, answers `/api/me` and recovers by itself.',
        tests: [
          'bff/provider-outages > the provider > down at boot: the BFF answers, says when to come back, and recovers by itself',
          'bff/provider-outages > the provider > down in the middle of a login: the callback says so, and an existing session is untouched',
          'fastify/provider/discovery > a provider in trouble is reported as such, and recovers',
          'fastify/routes/problems > a provider that is down is 503 at /login, and the BFF answers everything else',
        ],
      },
      {
        text: 'Store down: `503`, no cookie cleared; it recovers by itself; anonymous pages work.',
        tests: ['bff/store-outages > Redis'],
      },
      {
        text: 'Slow headers, slow bodies, idle connections, floods on `/login`, thousands of abandoned logins, a megabyte of cookie, patterns’ worst texts: bounded time and memory, and others are served.',
        tests: [
          'fastify/server/limits > headers that come a byte at a time are cut off with 408, and others are served meanwhile',
          'fastify/server/limits > a body that comes a byte at a time is cut off with 408, and is not logged as an error',
          'fastify/server/limits > a connection that never says anything is closed',
          'fastify/server/limits > a connection that has been answered and says nothing more is closed',
          'fastify/server/limits > a reader that does not read is cut off, and what it asked for is let go',
          'fastify/server/limits > one address gets so many connections and no more, and others are served',
          'fastify/server/limits > good clients are answered while a hundred bad ones hang',
          'fastify/server/long-texts > thirty thousand characters of %j keep no one waiting, wherever they stand',
          'fastify/login/rate-limit > without a trusted proxy a forged X-Forwarded-For buys nothing',
          'fastify/login/rate-limit > behind a trusted proxy each client is counted by the address that the proxy adds at the end',
          'fastify/login/rate-limit > login, callback and back-channel logout count together, other routes do not',
          'bff/endurance > mixed traffic and troubled APIs leave neither memory nor file descriptors behind, in 64 MiB of heap',
        ],
      },
      {
        text: '`SIGTERM` loses no request; a killed process loses no session on sqlite and Redis.',
        tests: [
          'bff/shutdown > SIGTERM under load: every request that came is answered in full, streams and WebSockets are asked to come back, exit 0',
          'bff/shutdown > two replicas are restarted in turn under load: not one request fails',
          'bff/killed-processes > processes on %s > killed in turn under load: no session is lost that had been answered',
        ],
      },
    ],
  },
  {
    title: 'What answers and logs disclose',
    promises: [
      {
        text: 'No token, code, verifier, secret, key or cookie is in any answer (the ID token only as `id_token_hint`), log line, metric, trace or error page, at any log level.',
        tests: [
          'bff/canaries > no secret, token, code, verifier or cookie is in a log line or an answer, at trace',
          'bff/metrics > metrics have a port of their own and name no secret and no user',
          'bff/traces > traces go through login, token, store and upstream, and name no secret and no user',
          'bff/main > no secret is printed when the configuration or the store is refused',
          'fastify/session/user > the browser sees no protocol claim, no token, and nothing that becomes the prototype of a copy',
        ],
      },
      {
        text: 'Errors reflect nothing of the request and nothing of the provider; no stack, path, library or version.',
        tests: [
          'fastify/routes/problems > a navigation that fails gets a page with a way on, and nothing of the request',
          'fastify/routes/callback > nothing that the provider or a stranger puts into the callback is repeated or followed',
          'fastify/browser-security/every-answer > the %s answer to %s has every header once, and names no server',
        ],
      },
      {
        text: 'Private answers are never cacheable by anyone else.',
        tests: [
          'fastify/proxy/forward-headers > an answer that says Cache-Control: %s is private to its user',
          'fastify/proxy/forward-headers > the upstream’s %s does not reach the browser',
          'fastify/routes/sign-in > an anonymous visitor is reported as such and gets no cookie',
          'fastify/routes/me-events > a stream is server-sent events that no cache keeps',
        ],
      },
      {
        text: 'Log lines cannot be forged by what a client sends.',
        tests: [
          'bff/canaries > whatever a client sends, a log line is one JSON object',
          'fastify/logging/request-id.property > a request id is kept when it is well-formed, and no other text reaches answer or log',
        ],
      },
    ],
  },
];
