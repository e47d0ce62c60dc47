import type { PromisedOf } from './promise.ts';

/** Promises about who may do what. */
export const permissions: PromisedOf = {
  title: 'Who may',
  promises: [
    {
      text: 'A route that requires claims, scopes, a strength or an age of the sign-in lets nothing pass that lacks one of them, before a byte goes upstream; WebSockets too. A missing claim is never a permission.',
      tests: [
        'fastify/proxy/requirements > a call passes with %s that its route requires',
        'fastify/proxy/requirements > a call is refused with %s',
        'fastify/proxy/requirements > the scope of a call is judged by %s',
        'fastify/proxy/requirements > a route with a requirement refuses calls without a session',
        'fastify/proxy/requirements > a WebSocket that lacks what its route requires is answered, and never opened upstream',
      ],
    },
    {
      text: 'Step-up (RFC 9470): a sign-in that is too weak or too old is asked for once more, by us or by an API; what comes back is judged again, and the session before it stays until then.',
      tests: [
        'fastify/proxy/requirements > a call needs a step up with %s',
        'fastify/proxy/step-up > an upstream’s challenge for a stronger sign-in %s becomes ours',
        'fastify/proxy/step-up > a step up that comes back %s is refused, and leaves the session as it was',
        'fastify/proxy/step-up > a step up replaces the session, and other tabs go on with the new one',
      ],
    },
    {
      text: 'Headers that name the caller to an API are made of verified claims, and no browser can write or remove them.',
      tests: [
        'fastify/proxy/identity > claims %s become headers',
        'fastify/proxy/identity > a browser cannot write them, signed in or not',
        'fastify/proxy/identity > a browser cannot have them removed on the way',
      ],
    },
    {
      text: 'The gate opens for nothing but a session that meets what is asked; it redirects to our own host alone, and believes forwarded headers of trusted proxies alone.',
      tests: [
        'fastify/routes/gate > a gate > refuses who is not signed in as a problem',
        'fastify/routes/gate > a gate > lets pass what meets %j alone',
        'fastify/routes/gate > a gate > redirects nowhere for %s',
        'fastify/routes/gate > a gate believes no X-Forwarded header of an address that is not trusted, and says so',
      ],
    },
  ],
};
