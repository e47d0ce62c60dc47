import type { PromisedOf } from './promise.ts';

/** What a relying party refuses of its provider. */
export const providerAnswers: PromisedOf = {
  title: 'Provider answers that are refused',
  promises: [
    {
      text: 'ID token: a bad signature; `alg` none, HS256 or any but the configured one; `typ` of another kind of token; an unknown `crit`; a `kid` that is unknown after fetching the keys again; an `iss` that differs by a byte; an `aud` without us, or several with a wrong `azp`; expired, not yet valid, issued in the future; no `sub`, `iat` or `exp`, a `sub` that is no text, empty or above 255 characters; a wrong, missing or doubled `nonce`; a wrong `at_hash`; encrypted. Keys and addresses of keys in the token itself are never looked at.',
      tests: [
        'fastify/provider/login-refusals > an ID token is refused',
        'fastify/provider/key-rotation > addresses of keys in a token are never asked',
      ],
    },
    {
      text: 'A key set with one key and no `kid` works; a rotated key works at once, twice within a minute too; a flood of unknown `kid`s costs at most one fetch in 5 s.',
      tests: [
        'fastify/provider/key-rotation > a key set with one key and no kid works',
        'fastify/provider/key-rotation > a rotated key works at once, and twice within a minute too',
        'fastify/provider/key-rotation > a flood of unknown kids costs at most one fetch in 5 s',
      ],
    },
    {
      text: 'Token response: no ID token, a wrong `token_type`, not JSON, a page with status 200, huge, slow, an error with status 200, a redirect, an access token that no header carries, a lifetime beyond every number.',
      tests: [
        'fastify/provider/login-refusals > a token response is refused',
        'fastify/provider/login-refusals > the access token %j, which no header carries, is refused before it is used',
        'fastify/provider/login-refusals > an access token that says it lives for ever lives as long as a session may',
      ],
    },
    {
      text: 'Userinfo: another `sub`, no `sub`, not JSON, a bad signature where it is signed, nested without end.',
      tests: ['fastify/provider/login-refusals > userinfo is refused'],
    },
    {
      text: 'Discovery: another `issuer`, endpoints on other schemes or, from https, on this machine, missing endpoints, wrong content. Nothing of it is kept when it is bad.',
      tests: [
        'fastify/provider/discovery > metadata is refused, and nothing of it is kept',
        'fastify/provider/discovery > a provider on https cannot have us ask a loopback host: its %s endpoint',
      ],
    },
    {
      text: 'A refreshed ID token for another `sub` or `iss`: the session ends, and nothing of it is used.',
      tests: [
        'fastify/provider/token-refresh > a refresh ends the session',
        'fastify/conformance/relying-party-modules > a refresh',
      ],
    },
    {
      text: 'A client with keys in place of a secret: `private_key_jwt`, mutual TLS, pushed and signed requests, tokens bound to a key of their session, in every combination. A token that was stolen is of no use without its key, and no answer talks us out of one.',
      tests: [
        'fastify/provider/client-matrix > client authentication × PAR × DPoP × algorithm',
        'fastify/provider/client-keys > a key whose file changes signs from then on, and a file that cannot be used changes nothing',
        'fastify/provider/dpop > a stolen token without its key is refused by userinfo, and with it a fresh proof is accepted',
        'fastify/provider/dpop > a Bearer token where a bound one was asked for is refused, and a bound one that was not asked for too',
        'fastify/provider/dpop > a refresh that fails for its proof or its nonce ends no session',
        'fastify/provider/dpop > a hundred refreshes at once in a process that knows no nonce yet lose no session, twice over',
        'fastify/proxy/mutual-tls > an API sees the certificate that access tokens are bound to',
      ],
    },
    {
      text: 'The FAPI 2.0 security profile: a swapped or missing `iss`, a replayed or stolen code, mixed-up endpoints, a downgraded algorithm or token are refused; what provider or configuration lack is listed.',
      tests: [
        'fastify/provider/fapi2 > the FAPI 2.0 profile of oidc-provider',
        'fastify/provider/fapi2 > the attacker model',
        'fastify/provider/fapi2 > what the provider lacks is listed',
      ],
    },
    {
      text: 'A provider of many tenants: people of the tenants that are named sign in, by `iss` and `tid` alike, a session stays with its own, and a key that names an issuer signs for that one alone.',
      tests: ['fastify/provider/tenants > a provider of many tenants'],
    },
    {
      text: 'The way to the provider leads through the proxy that the environment names, and its certificate is checked at the end of the tunnel.',
      tests: ['fastify/provider/http-proxy > the way to the provider'],
    },
  ],
};
