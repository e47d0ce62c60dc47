import { isOrdinary } from './ordinary-headers.ts';

/** Beginnings of the headers by which gateways and identity-aware proxies name a person or a client to a server. */
const prefixes = [
  ...['remote-', 'x-remote-', 'x-forwarded', 'x-original-', 'x-real-', 'x-client-cert', 'x-client-dn'],
  ...['x-client-verify', 'x-client-ip', 'ssl-', 'x-ssl-', 'x-tls-', 'client-cert', 'cf-', 'true-client-'],
  ...['x-auth-', 'x-user', 'x-authenticated-', 'x-authentik-', 'x-authelia-', 'x-webauth-', 'x-vouch-'],
  ...['x-pomerium-', 'x-goog-authenticated-', 'x-goog-iap-', 'x-amzn-oidc-', 'x-ms-client-', 'x-ms-token-'],
  ...['x-consumer-', 'x-credential-', 'x-jwt-', 'x-envoy-', 'x-appengine-', 'x-arr-', 'tailscale-'],
  ...['fly-', 'x-vercel-', 'x-hasura-admin-', 'proxy-', 'oidc-', 'x-oidc-', 'shib-', 'x-ingress-'],
];

const names = new Set([
  ...['forwarded', 'via', 'client-ip', 'x-cluster-client-ip', 'fastly-client-ip', 'x-email', 'x-groups'],
  ...['x-access-token', 'x-id-token', 'x-role', 'x-roles', 'x-subject', 'x-principal'],
  // Frameworks that believe these handle another path or method than the one that was checked.
  ...['x-rewrite-url', 'x-http-method-override', 'x-http-method', 'x-method-override'],
]);

/**
 * Whether a header is one by which gateways report an identity, an address or another request line. What a browser says
 * in it is never believed. To CGI and its heirs `X_Forwarded_For` is `X-Forwarded-For`.
 *
 * @see RFC 3875 section 4.1.18
 */
const isIdentityHeader = (name: string): boolean => {
  const dashed = name.replaceAll('_', '-');
  return names.has(dashed) || prefixes.some((prefix) => dashed.startsWith(prefix));
};

/** Headers that are ours to write, or for us alone: no route can let them pass. */
const ours = new Set([
  ...['host', 'expect', 'cookie', 'cookie2', 'authorization', 'dpop', 'x-request-id', 'traceparent'],
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
]);

/** Whether a route may let this header of a browser pass; the name is in lower case. */
export const mayPass = (name: string): boolean =>
  !ours.has(name.replaceAll('_', '-')) && !isIdentityHeader(name);

/** Headers about the way of a request, its framing or its proof: nothing of them is about a person. */
const aboutRequests =
  /^(x-forwarded|x-original-|x-real-|x-rewrite-|x-http-method|x-method-override|proxy-|sec-|content-|accept|dpop$|forwarded$|via$)/;

/** Whether a route may report a claim in this header; the name is in lower case. */
export const mayReport = (name: string): boolean =>
  !ours.has(name) && !aboutRequests.test(name) && !isOrdinary(name);
