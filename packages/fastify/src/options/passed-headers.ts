const listOf = (names: string): readonly string[] => names.trim().split(/\s+/);

/** What browsers, and the HTTP libraries of SPAs, send by themselves. */
const ordinary = new Set(
  listOf(`
    accept cache-control date dnt last-event-id origin pragma prefer priority purpose range referer save-data user-agent
    upgrade-insecure-requests digest idempotency-key x-idempotency-key x-requested-with x-csrf x-csrf-token x-xsrf-token
    tracestate baggage b3 sentry-trace uber-trace-id x-correlation-id x-trace-id soapaction x-grpc-web x-client-info
    x-signalr-user-agent x-socket-id rsc api-version x-api-version tus-resumable repr-digest x-timezone x-locale`),
);

const ordinaryPrefixes = listOf(`
  accept- content- if- sec-ch- sec-fetch- sec-gpc sec-purpose sec-websocket- apollo- apollographql- x-apollo- graphql-
  connect- grpc- odata- upload- want- x-b3- x-datadog- hx- next- turbo- x-inertia`);

/** Whether browsers, or the HTTP libraries of SPAs, send a header by themselves; the name is in lower case. */
export const isOrdinary = (name: string): boolean =>
  ordinary.has(name) || ordinaryPrefixes.some((prefix) => name.startsWith(prefix));

/** Beginnings of the headers by which gateways and identity-aware proxies name a person or a client to a server. */
const identityPrefixes = listOf(`
  remote- x-remote- x-forwarded x-original- x-real- x-client-cert x-client-dn x-client-verify x-client-ip ssl- x-ssl- x-tls-
  client-cert cf- true-client- x-auth- x-user x-authenticated- x-authentik- x-authelia- x-webauth- x-vouch- x-pomerium-
  x-goog-authenticated- x-goog-iap- x-amzn-oidc- x-ms-client- x-ms-token- x-consumer- x-credential- x-jwt- x-envoy-
  x-appengine- x-arr- tailscale- fly- x-vercel- x-hasura-admin- proxy- oidc- x-oidc- shib- x-ingress-`);

/** Frameworks that believe the last four handle another path or method than the one that was checked. */
const identityNames = new Set(
  listOf(`
    forwarded via client-ip x-cluster-client-ip fastly-client-ip x-email x-groups x-access-token x-id-token x-role x-roles
    x-subject x-principal x-rewrite-url x-http-method-override x-http-method x-method-override`),
);

/**
 * Whether a header is one by which gateways report an identity, an address or another request line. What a browser says
 * in it is never believed. To CGI and its heirs `X_Forwarded_For` is `X-Forwarded-For`.
 *
 * @see RFC 3875 section 4.1.18
 */
const isIdentityHeader = (name: string): boolean => {
  const dashed = name.replaceAll('_', '-');
  return identityNames.has(dashed) || identityPrefixes.some((prefix) => dashed.startsWith(prefix));
};

/** Headers that are ours to write, or for us alone: no route can let them pass. */
const ours = new Set(
  listOf(`
    host expect cookie cookie2 authorization dpop x-request-id traceparent connection keep-alive te trailer
    transfer-encoding upgrade http2-settings`),
);

/** Whether a route may let this header of a browser pass; the name is in lower case. */
export const mayPass = (name: string): boolean =>
  !ours.has(name.replaceAll('_', '-')) && !isIdentityHeader(name);

/** Headers about the way of a request, its framing or its proof: nothing of them is about a person. */
const aboutRequests =
  /^(x-forwarded|x-original-|x-real-|x-rewrite-|x-http-method|x-method-override|proxy-|sec-|content-|accept|dpop$|forwarded$|via$)/;

/** Whether a route may report a claim in this header; the name is in lower case. */
export const mayReport = (name: string): boolean =>
  !ours.has(name) && !aboutRequests.test(name) && !isOrdinary(name);
