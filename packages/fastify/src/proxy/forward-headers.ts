import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { OurHeaders } from '../browser-security/response-headers.ts';

/** Headers by their names in lower case. */
export type HeaderValues = Record<string, string | string[]>;

/** What the upstream is told about a request beside its own headers. */
export interface ForwardedFrom {
  readonly requestId: string;
  /** Address of the client. */
  readonly ip: string;
  readonly accessToken: string | undefined;
}

const hopByHop = [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

const notForUpstream = new Set([
  ...hopByHop,
  ...['host', 'expect', 'cookie', 'cookie2', 'authorization', 'forwarded', 'x-real-ip', 'x-request-id'],
  'traceparent',
  // Frameworks that believe these ask for another path or method than the one that was checked.
  ...['x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-http-method', 'x-method-override'],
]);

const notForBrowser = new Set([
  ...hopByHop,
  ...['set-cookie', 'set-cookie2', 'clear-site-data', 'strict-transport-security', 'server', 'alt-svc'],
  ...['x-request-id', 'cache-control', 'refresh'],
  // Promises for the whole origin, which is not the upstream's to give: where reports of every request go, workers.
  ...['nel', 'report-to', 'reporting-endpoints', 'service-worker-allowed', 'public-key-pins'],
  // Orders to caches and servers in front of us, which know nothing of sessions.
  ...['surrogate-control', 'x-accel-expires', 'x-accel-redirect', 'x-sendfile'],
]);

const isOursToSay = (name: string): boolean =>
  notForUpstream.has(name) || name.startsWith('x-forwarded-') || name.startsWith('proxy-');

/** To CGI and its heirs `X_Forwarded_For` is `X-Forwarded-For`. @see RFC 3875 section 4.1.18 */
const isRefusedForUpstream = (name: string): boolean =>
  isOursToSay(name.includes('_') ? name.replaceAll('_', '-') : name);

/** Caches of a CDN obey `CDN-Cache-Control`, or one that begins with their own name, first. @see RFC 9213 */
const isRefusedForBrowser = (name: string): boolean =>
  notForBrowser.has(name) ||
  name.startsWith('access-control-') ||
  name.startsWith('proxy-') ||
  name.endsWith('cdn-cache-control');

/** The headers that `Connection` names beside itself are hop-by-hop too. @see RFC 9110 section 7.6.1 */
const readNamed = (connection: string | undefined): readonly string[] => {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
};

const pick = (headers: IncomingHttpHeaders, isRefused: (name: string) => boolean): HeaderValues => {
  const named = readNamed(headers.connection);
  const picked: HeaderValues = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || isRefused(name) || named.includes(name)) continue;
    picked[name] = value;
  }
  return picked;
};

const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** 16 bytes of the trace, 8 of its parent, in hex. */
const traceLength = 48;

// Asking for random bytes and printing them cost more than the bytes: one asks for many at a time.
let random = '';
let next = 0;

/** A trace of our own. @see W3C Trace Context section 3.2 */
const createTrace = (): string => {
  if (next === random.length) {
    random = randomBytes((256 * traceLength) / 2).toString('hex');
    next = 0;
  }
  next += traceLength;
  return `00-${random.slice(next - traceLength, next - 16)}-${random.slice(next - 16, next)}-01`;
};

/** Makes what makes the headers of upstream requests. @see RFC 9110 section 7.6; W3C Trace Context section 3.2 */
export const createUpstreamHeaders = (publicUrl: string) => {
  const { protocol, host } = new URL(publicUrl);
  const proto = protocol.slice(0, -1);
  return (headers: IncomingHttpHeaders, { requestId, ip, accessToken }: ForwardedFrom): HeaderValues => {
    const picked = pick(headers, isRefusedForUpstream);
    const brought = headers.traceparent;
    const isTraced = typeof brought === 'string' && wellFormedTrace.test(brought);
    if (!isTraced) delete picked.tracestate;
    picked['x-request-id'] = requestId;
    picked.traceparent = isTraced ? brought : createTrace();
    picked['x-forwarded-for'] = ip;
    picked['x-forwarded-proto'] = proto;
    picked['x-forwarded-host'] = host;
    if (accessToken !== undefined) picked.authorization = `Bearer ${accessToken}`;
    return picked;
  };
};

const keepPrivate = (cacheControl: string): string => {
  const kept = cacheControl
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(public|private|s-maxage)\b/i.test(part));
  return kept.some((part) => /^no-store$/i.test(part)) ? 'no-store' : ['private', ...kept].join(', ');
};

const locations = ['location', 'content-location'];
const exposed = 'access-control-expose-headers';

/**
 * The headers of the browser's answer: the upstream's, under those that the reply was given. The usual ones are yet to
 * be put over them. `translate` tells where a `Location` is for the browser, if anywhere.
 *
 * @see RFC 9110 section 7.6.1; RFC 9111 section 5.2.2
 */
export const createAnswerHeaders = (
  upstream: IncomingHttpHeaders,
  { given, usual }: OurHeaders,
  translate: (location: string) => string | undefined,
): HeaderValues => {
  const answer = pick(upstream, isRefusedForBrowser);
  for (const name of locations) {
    const told = answer[name];
    if (told === undefined) continue;
    const translated = typeof told === 'string' ? translate(told) : undefined;
    if (translated === undefined) delete answer[name];
    else answer[name] = translated;
  }
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) answer[name] = typeof value === 'number' ? String(value) : value;
  }
  // A SPA of an allowed origin reads as much of an answer as one of ours.
  if (answer[exposed] !== undefined) {
    answer[exposed] = Object.keys({ ...answer, ...usual })
      .filter((name) => !name.startsWith('access-control-'))
      .join(', ');
  }
  const cacheControl = String(upstream['cache-control'] ?? '');
  answer['cache-control'] = cacheControl === '' ? 'no-store' : keepPrivate(cacheControl);
  answer.vary = [upstream.vary, given.vary, 'Cookie'].filter((part) => part !== undefined).join(', ');
  return answer;
};
