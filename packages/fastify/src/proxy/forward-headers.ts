import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

type HeaderValues = Record<string, string | string[]>;

/** What the upstream is told about a request beside its own headers. */
export interface ForwardedFrom {
  readonly requestId: string;
  /** Address of the client. */
  readonly ip: string;
  readonly publicUrl: string;
  readonly accessToken: string | undefined;
}

const hopByHop = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings)$/;
const notForUpstream =
  /^(host|expect|cookie|cookie2|authorization|forwarded|x-forwarded-.*|x-real-ip|x-request-id|traceparent)$/;
const notForBrowser =
  /^(set-cookie2?|access-control-.*|clear-site-data|strict-transport-security|server|alt-svc|x-request-id|cache-control|refresh)$/;
const wellFormedTrace = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const pick = (headers: IncomingHttpHeaders, refused: RegExp): HeaderValues => {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  const picked: HeaderValues = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || hopByHop.test(name) || refused.test(name) || named.includes(name)) continue;
    picked[name] = value;
  }
  return picked;
};

const createTrace = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

/** The headers of the upstream request. @see spec section 9 */
export const createUpstreamHeaders = (headers: IncomingHttpHeaders, from: ForwardedFrom): HeaderValues => {
  const { protocol, host } = new URL(from.publicUrl);
  const picked = pick(headers, notForUpstream);
  const brought = headers.traceparent;
  const isTraced = typeof brought === 'string' && wellFormedTrace.test(brought);
  if (!isTraced) delete picked.tracestate;
  return {
    ...picked,
    'x-request-id': from.requestId,
    traceparent: isTraced ? brought : createTrace(),
    'x-forwarded-for': from.ip,
    'x-forwarded-proto': protocol.slice(0, -1),
    'x-forwarded-host': host,
    ...(from.accessToken === undefined ? {} : { authorization: `Bearer ${from.accessToken}` }),
  };
};

const keepPrivate = (cacheControl: string): string => {
  const kept = cacheControl
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(public|private|s-maxage)\b/i.test(part));
  return kept.some((part) => /^no-store$/i.test(part)) ? 'no-store' : ['private', ...kept].join(', ');
};

/**
 * The headers of the browser's answer: the upstream's under `ours`, which win. `translate` tells where a `Location`
 * is for the browser, if anywhere.
 *
 * @see spec section 9
 */
export const createAnswerHeaders = (
  upstream: IncomingHttpHeaders,
  ours: Readonly<Record<string, number | string | string[] | undefined>>,
  translate: (location: string) => string | undefined,
): HeaderValues => {
  const answer = pick(upstream, notForBrowser);
  for (const name of ['location', 'content-location']) {
    const translated = typeof answer[name] === 'string' ? translate(answer[name]) : undefined;
    if (translated === undefined) delete answer[name];
    else answer[name] = translated;
  }
  for (const [name, value] of Object.entries(ours)) {
    if (value !== undefined) answer[name] = typeof value === 'number' ? String(value) : value;
  }
  const cacheControl = String(upstream['cache-control'] ?? '');
  answer['cache-control'] = cacheControl === '' ? 'no-store' : keepPrivate(cacheControl);
  answer.vary = [upstream.vary, ours.vary, 'Cookie'].filter((part) => part !== undefined).join(', ');
  return answer;
};
