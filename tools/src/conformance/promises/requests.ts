import type { PromisedOf } from './promise.ts';

/** Requests from elsewhere, and those that are passed on. */
export const requests: readonly PromisedOf[] = [
  {
    title: 'Other sites',
    promises: [
      {
        text: 'No state changes, no call is passed on and no answer has data for a cross-site request. Links, downloads, images and `EventSource` of our own pages work with no header.',
        tests: [
          'fastify/browser-security/cross-site > %s with %j is %s',
          'fastify/browser-security/cors > a stranger’s page gets no data and changes nothing',
          'fastify/browser-security/cross-site > a link from another site shows no one, though the browser sent its cookie along',
          'fastify/proxy/routes > a link from another site brings no token, whatever the route wants',
          'web/any-spa > a SPA on a sibling host signs in, asks, calls, notices the end and signs out; a stranger gets nothing',
        ],
      },
      {
        text: 'CORS only for configured origins: exact match, with credentials, on errors and preflights too, with `Vary: Origin`.',
        tests: [
          'fastify/browser-security/cors > a configured origin may read the %s %s answer, %i, with credentials',
          'fastify/browser-security/cors > a configured origin’s preflight is answered, whatever the path, and takes no cookie',
          'fastify/browser-security/cors > the stranger %s is never named, on answers, errors or preflights',
        ],
      },
    ],
  },
  {
    title: 'The proxy',
    promises: [
      {
        text: 'A token goes to the configured upstream only, whatever the path, `Host`, absolute target or redirect of the upstream.',
        tests: [
          'fastify/proxy/proxy > the upstream gets the access token, not the cookie or the browser’s authorization',
          'fastify/proxy/targets > a target in absolute form leads to no host but the configured ones',
          'fastify/proxy/headers > a Location of %s becomes %s',
        ],
      },
      {
        text: 'Traversal in every encoding, matrix parameters, doubled slashes and fragments never reach a sibling of the prefix; an innocent `%` or `..` in the query passes.',
        tests: [
          'fastify/proxy/targets > %s is answered %i and reaches no upstream',
          'fastify/proxy/targets > the query %s arrives byte for byte',
          'fastify/proxy/request-target.property > whatever target is asked for, no upstream reads a path beside its own',
          'fastify/proxy/forward-headers > the %s of a browser does not reach the upstream',
        ],
      },
      {
        text: 'Conflicting framing, smuggled requests, floods of headers and hop-by-hop tricks stop at the edge. `Connection: X` does not strip our own headers.',
        tests: [
          'fastify/server/odd-requests > %s is refused, closes the connection, and smuggles nothing',
          'fastify/server/odd-requests > floods of headers, and a megabyte of cookie, are refused before they are read',
          'fastify/proxy/headers > Connection takes away what it names, but none of ours',
          'fastify/proxy/forward-headers > Connection of an upstream does not strip our own headers',
        ],
      },
      {
        text: 'Large bodies stream both ways in constant memory. A slow or broken upstream, a client that leaves, half an answer: a clear code, nothing hangs, nothing leaks.',
        tests: [
          'bff/endurance > mixed traffic and troubled APIs leave neither memory nor file descriptors behind, in 64 MiB of heap',
          'fastify/proxy/back-pressure > a browser that does not read holds the upstream up, then gets everything',
          'fastify/proxy/back-pressure > an upstream that does not read holds the browser up, then gets everything',
          'fastify/proxy/proxy > a streamed upload beyond the limit is 413',
          'fastify/proxy/proxy > an upstream that is down is 502, a slow one 504, and neither is named',
          'fastify/proxy/trouble > an answer that stalls half way is cut when neither side has sent a byte for the idle time',
          'fastify/proxy/trouble > a stream and a download of a session are cut when it ends, others go on',
          'fastify/proxy/proxy > an answer streams, and a browser that goes away aborts the upstream',
          'fastify/proxy/proxy > an answer cut half way cuts the browser off',
        ],
      },
      {
        text: 'One user’s answer, token or stream is never another’s, at any concurrency.',
        tests: [
          'fastify/proxy/one-user > one user’s answer or token is never another’s, with hundreds of calls at once',
          'fastify/proxy/one-user > one user cannot end another’s session, though they know its id',
        ],
      },
    ],
  },
];
