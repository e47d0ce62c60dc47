import type { Mutant } from './mutant.ts';

const forwarded = 'fastify/proxy/forward-headers';

/** Rules about who may do what. */
const ofPermissions: readonly Mutant[] = [
  {
    file: 'session/requirement.ts',
    find: '.some((value) => accepted.includes(value))',
    replace: '.some((value) => value === undefined || accepted.includes(value))',
    test: 'fastify/proxy/requirements > a call is refused with %s',
  },
  {
    file: 'session/requirement.ts',
    find: "!granted.split(' ').includes(one)",
    replace: 'false',
    test: 'fastify/proxy/requirements > the scope of a call is judged by %s',
  },
  {
    file: 'provider/checks/authentication-context.ts',
    find: 'acrValues === undefined ||',
    replace: 'true ||',
    test: 'fastify/proxy/step-up > a step up that comes back %s is refused, and leaves the session as it was',
  },
  {
    file: 'proxy/prepared-call.ts',
    find: 'Object.assign(headers, createIdentityHeaders(session, route))',
    replace: 'for (const name in route.identity) headers[name] = String(request.headers[name])',
    test: 'fastify/proxy/identity > claims %s become headers',
  },
  {
    file: 'gate/admission.ts',
    find: 'if (requirement !== undefined) requireMet(session, requirement, bff.options);',
    replace: '',
    test: 'fastify/routes/gate > a gate > lets pass what meets %j alone',
  },
  {
    file: 'gate/gate-question.ts',
    find: 'ips.length < 2 ||',
    replace: '',
    test: 'fastify/routes/gate > a gate believes no X-Forwarded header of an address that is not trusted, and says so',
  },
];

/** Rules about other sites and about the proxy. */
const ofTheProxy: readonly Mutant[] = [
  {
    file: 'browser-security/cross-site.ts',
    find: "return isTopNavigation(source) ? 'anonymous' : 'refused';",
    replace: "return 'allowed';",
    test: 'fastify/browser-security/cross-site > %s with %j is %s',
  },
  {
    file: 'browser-security/cors.ts',
    find: '|| !allowedOrigins.includes(origin)',
    replace: '',
    test: 'fastify/browser-security/cors > the stranger %s is never named, on answers, errors or preflights',
  },
  {
    file: 'proxy/upstream-headers.ts',
    find: 'isOrdinary(name) && mayPass(name))',
    replace: 'true)',
    test: 'fastify/proxy/proxy > the upstream gets the access token, not the cookie or the browser’s authorization',
  },
  {
    file: 'proxy/request-target.ts',
    find: '!plain.test(path) && refused',
    replace: 'false && refused',
    test: 'fastify/proxy/targets > %s is answered %i and reaches no upstream',
  },
  {
    file: 'options/passed-headers.ts',
    find: '&& !isIdentityHeader(name)',
    replace: '',
    test: `${forwarded} > the %s of a browser does not reach the upstream`,
  },
  {
    file: 'server/server-options.ts',
    find: 'maxHeaderSize: 32 * 1024',
    replace: 'maxHeaderSize: 4096 * 1024',
    test: 'fastify/server/odd-requests > floods of headers, and a megabyte of cookie, are refused before they are read',
  },
  {
    file: 'proxy/running-call.ts',
    find: 'context.calls.onSessionEnded(call, () =>',
    replace: '((..._: unknown[]) => undefined)(call, () =>',
    test: 'fastify/proxy/trouble > a stream and a download of a session are cut when it ends, others go on',
  },
  {
    file: 'session/session-ending.ts',
    find: '(await findOwn(session)).includes(id) &&',
    replace: '',
    test: 'fastify/proxy/one-user > one user cannot end another’s session, though they know its id',
  },
];

/** Rules about outages, and about what is disclosed. */
const ofOperation: readonly Mutant[] = [
  {
    file: 'provider/single-fetch.ts',
    find: 'const firstPauseMs = 250;',
    replace: 'const firstPauseMs = Number.POSITIVE_INFINITY;',
    test: 'fastify/provider/discovery > a provider in trouble is reported as such, and recovers',
  },
  {
    file: 'pages/problem-reply.ts',
    find: "if (code === 'store_unavailable') reply.removeHeader('set-cookie');",
    replace: "if (code === 'store_unavailable') reply.header('set-cookie', 'foyer=; Max-Age=0');",
    test: 'bff/store-outages > Redis',
  },
  {
    file: 'server/server-options.ts',
    find: 'headersTimeout: within.headersTimeout * 1000,',
    replace: 'headersTimeout: 0,',
    test: 'fastify/server/limits > headers that come a byte at a time are cut off with 408, and others are served meanwhile',
  },
  {
    file: '../../../apps/bff/src/run.ts',
    find: "process.once('SIGTERM', stop);",
    replace: '',
    test: 'bff/shutdown > SIGTERM under load: every request that came is answered in full, streams and WebSockets are asked to come back, exit 0',
  },
  {
    file: 'session/user.ts',
    find: 'if (!isProtocolClaim(name)) user[name]',
    replace: 'user[name]',
    test: 'fastify/session/user > the browser sees no protocol claim, no token, and nothing that becomes the prototype of a copy',
  },
  {
    file: 'pages/problem-reply.ts',
    find: 'printList(causes, say)',
    replace: 'printList([...causes, request.url], say)',
    test: 'fastify/routes/problems > a navigation that fails gets a page with a way on, and nothing of the request',
  },
  {
    file: 'proxy/answer-headers.ts',
    find: "cacheControl === '' ? 'no-store' : keepPrivate(cacheControl)",
    replace: 'cacheControl',
    test: `${forwarded} > an answer that says Cache-Control: %s is private to its user`,
  },
  {
    file: 'logging/request-id.ts',
    find: '&& wellFormedId.test(brought)',
    replace: '',
    test: 'fastify/logging/request-id.property > a request id is kept when it is well-formed, and no other text reaches answer or log',
  },
];

export const ofRequests: readonly Mutant[] = [...ofPermissions, ...ofTheProxy, ...ofOperation];
