import type { Mutant } from './mutant.ts';

const refusals = 'fastify/provider/login-refusals';
const callback = 'fastify/routes/callback';

/** Rules about what the provider answers. */
const ofProviderAnswers: readonly Mutant[] = [
  {
    file: 'provider/checks/authorized-party.ts',
    find: 'azp !== clientId)',
    replace: 'false)',
    test: `${refusals} > an ID token is refused`,
  },
  {
    file: 'provider/checks/access-token-hash.ts',
    find: "throw refusedClaim('at_hash differs');",
    replace: 'return;',
    test: `${refusals} > an ID token is refused`,
  },
  {
    file: 'provider/checks/token-type-header.ts',
    find: "!== 'JWT')",
    replace: "=== '')",
    test: `${refusals} > an ID token is refused`,
  },
  {
    file: 'provider/checks/subject.ts',
    find: '|| sub.length > 255',
    replace: '',
    test: `${refusals} > an ID token is refused`,
  },
  {
    file: 'provider/checks/issued-at.ts',
    find: '|| iat > latestSeconds',
    replace: '',
    test: `${refusals} > an ID token is refused`,
  },
  {
    file: 'provider/checks/critical-extension.ts',
    find: 'crit !== undefined',
    replace: 'false',
    test: 'fastify/provider/logout-token > a logout token is refused',
  },
  {
    file: 'provider/key-set.ts',
    find: 'const pauseMs = 5000;',
    replace: 'const pauseMs = 0;',
    test: 'fastify/provider/key-rotation > a flood of unknown kids costs at most one fetch in 5 s',
  },
  {
    file: 'provider/key-set.ts',
    find: 'pausedUntil = Number.NEGATIVE_INFINITY;\n      return verified;',
    replace: 'return verified;',
    test: 'fastify/provider/key-rotation > a rotated key works at once, and twice within a minute too',
  },
  {
    file: 'provider/checks/access-token.ts',
    find: '!/^[\\x20-\\x7e]+$/.test(access_token)',
    replace: 'false',
    test: `${refusals} > the access token %j, which no header carries, is refused before it is used`,
  },
  {
    file: 'provider/grant.ts',
    find: 'return Math.min(seconds, maxLifetimeSeconds);',
    replace: 'return seconds;',
    test: `${refusals} > an access token that says it lives for ever lives as long as a session may`,
  },
  {
    file: 'provider/userinfo.ts',
    find: 'await verifyClaims(text.trim(), trust)',
    replace: "parseObject(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())",
    test: `${refusals} > userinfo is refused`,
  },
  {
    file: 'provider/metadata.ts',
    find: '(!isHttp(value) || isHttp(document.issuer))',
    replace: 'true',
    test: 'fastify/provider/discovery > a provider on https cannot have us ask a loopback host: its %s endpoint',
  },
  {
    file: 'provider/metadata.ts',
    find: "if (found.replace(/\\/$/, '') === expected)",
    replace: 'if (true)',
    test: 'fastify/provider/discovery > metadata is refused, and nothing of it is kept',
  },
  {
    file: 'provider/token-refresh.ts',
    find: 'claims.sub !== sub',
    replace: 'false',
    test: 'fastify/provider/token-refresh > a refresh ends the session',
  },
  {
    file: 'provider/checks/access-token.ts',
    find: 'token_type.toLowerCase() !== expected.toLowerCase()',
    replace: 'false',
    test: 'fastify/provider/dpop > a Bearer token where a bound one was asked for is refused, and a bound one that was not asked for too',
  },
  {
    file: 'provider/security-profile.ts',
    find: '.filter(([name, needed]) => !isMet(metadata[name], needed))',
    replace: '.filter(() => false)',
    test: 'fastify/provider/fapi2 > what the provider lacks is listed',
  },
  {
    file: 'provider/checks/issuer.ts',
    find: "return tenants.includes('*') || tenants.includes(tenant);",
    replace: 'return true;',
    test: 'fastify/provider/tenants > a provider of many tenants',
  },
  {
    file: 'provider/provider-http.ts',
    find: 'isLoopbackHost(url.hostname) ? direct : throughProxy',
    replace: 'direct',
    test: 'fastify/provider/http-proxy > the way to the provider',
  },
];

/** Rules about the callback and about where a login ends. */
const ofTheCallback: readonly Mutant[] = [
  {
    file: 'login/authorization-response.ts',
    find: 'new Set(used.map(([name]) => name)).size !== used.length',
    replace: 'false',
    test: `${callback} > a callback with %s is refused: no token request, no change to a session`,
  },
  {
    file: 'login/shared-callbacks.ts',
    find: 'if (await claim(sharing, login)) return',
    replace: 'if ((await claim(sharing, login)) || true) return',
    test: 'fastify/routes/shared-callback > the same callback at another replica makes no second token request, and is signed in by the first',
  },
  {
    file: 'login/login-rounds.ts',
    find: 'const mostRounds = 5;',
    replace: 'const mostRounds = 500;',
    test: 'fastify/login/rounds > a session cookie that does not come back: after five rounds a page names the likely causes',
  },
  {
    file: 'session/session-list.ts',
    find: "digestsOf('sid', issuer, clientId, sid)",
    replace: "digestsOf('sid', sid)",
    test: 'fastify/routes/several-providers > a logout token ends the sessions of its own provider alone, although another has the same sub',
  },
  {
    file: 'login/login-cookies.ts',
    find: 'const mostInFlight = 5;',
    replace: 'const mostInFlight = 500;',
    test: `${callback} > thirty abandoned logins do not grow the cookies, and the last five can be finished`,
  },
  {
    file: 'session/session-opening.ts',
    find: '      await endEarlierSessions([replaces, brought?.id], end);',
    replace: '',
    test: `${callback} > signing in as another user ends the first user’s session`,
  },
  {
    file: 'login/return-to.ts',
    find: '!isOwnRoute(decoded, basePath)',
    replace: 'true',
    test: 'fastify/login/return-to > the trick %j becomes /',
  },
  {
    file: 'login/return-to.ts',
    find: 'return isAllowed ? url : undefined;',
    replace: 'return url;',
    test: 'fastify/browser-security/locations > nothing but the provider and our own origin is ever in a Location, however a request is bent',
  },
  {
    file: 'provider/login-completion.ts',
    find: 'callbackUrl(redirectUri(options, checks.hasOwnCallback), parameters)',
    replace: "callbackUrl('http://other.localhost/login/callback', parameters)",
    test: `${callback} > the redirect URI of the token request is the configured one, whatever Host says`,
  },
];

export const ofSigningIn: readonly Mutant[] = [...ofProviderAnswers, ...ofTheCallback];
