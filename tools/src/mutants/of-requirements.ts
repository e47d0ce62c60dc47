import { madeUpLogin } from './edits.ts';
import type { Mutant } from './mutant.ts';

const signIn = 'fastify/routes/sign-in';

/** Rules of RFC 10017 and beside it. */
export const ofRequirements: readonly Mutant[] = [
  {
    file: 'routes/add-route.ts',
    find: ".header('cache-control', 'no-store')",
    replace: '',
    test: `${signIn} > an anonymous visitor is reported as such and gets no cookie`,
  },
  {
    file: 'routes/login.ts',
    find: 'return reply.redirect(url, 303);',
    replace: 'return reply.send(url);',
    test: `${signIn} > a person signs in in three redirects and is known`,
  },
  {
    file: 'session/session-cookie.ts',
    find: "name === sessionName ? 'Strict' : 'Lax'",
    replace: "'Lax'",
    test: `${signIn} > the login cookie is Lax, the session cookie Strict, both are HttpOnly`,
  },
  {
    file: 'browser-security/cross-site.ts',
    find: "return isTopNavigation(source) ? 'anonymous' : 'refused';",
    replace: "return 'allowed';",
    test: `${signIn} > another site cannot sign anyone out`,
  },
  {
    file: 'provider/authorization-request.ts',
    find: "code_challenge: hash('sha256', codeVerifier, 'base64url'),",
    replace: 'code_challenge: codeVerifier,',
    test: 'fastify/provider/authorization-request > each request has a state, a nonce and an S256 challenge of its own',
  },
  {
    file: 'proxy/api-routes.ts',
    find: 'named.methods.includes(method) ? named :',
    replace: 'true ? named :',
    test: 'fastify/proxy/proxy > wrong methods, other sites and large bodies are refused',
  },
  {
    file: 'login/return-to.ts',
    find: 'return isAllowed ? url : undefined;',
    replace: 'return url;',
    test: 'fastify/login/return-to > whatever is asked for, the browser ends on our own origin',
  },
  {
    file: 'browser-security/response-headers.ts',
    find: "'x-content-type-options': 'nosniff',",
    replace: '',
    test: 'fastify/browser-security/every-answer > the %s answer to %s has every header once, and names no server',
  },
  {
    file: 'provider/openid-client.ts',
    find: 'return client.ClientSecretPost(clientSecret);',
    replace: 'return client.ClientSecretPost(encodeURIComponent(clientSecret));',
    test: 'fastify/provider/client-authentication > post sends the secret as it is',
  },
  {
    ...madeUpLogin,
    test: 'fastify/routes/callback > a callback without its pending login makes no token request',
  },
];
