import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { memoize } from '../memoize.ts';
import { type HeaderValues, hopByHopHeaders, pickHeaders } from './hop-by-hop.ts';

const refused = new Set([
  ...hopByHopHeaders,
  ...['set-cookie', 'set-cookie2', 'clear-site-data', 'strict-transport-security', 'server', 'alt-svc'],
  ...['x-request-id', 'cache-control', 'refresh', 'dpop-nonce'],
  // Promises for the whole origin, which is not the upstream's: where reports of every request go, workers.
  ...['nel', 'report-to', 'reporting-endpoints', 'service-worker-allowed', 'public-key-pins'],
  // Orders to caches and servers in front of us, which know nothing of sessions.
  ...['surrogate-control', 'x-accel-expires', 'x-accel-redirect', 'x-sendfile'],
]);

/** Caches of a CDN obey `CDN-Cache-Control`, or one that begins with their own name, first. @see RFC 9213 */
const passes = memoize(
  500,
  (name: string) => !refused.has(name) && !/^(access-control|proxy)-|cdn-cache-control$/.test(name),
);

const keepPrivate = (cacheControl: string): string => {
  const kept = cacheControl
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^(public|private|s-maxage)\b/i.test(part));
  return kept.some((part) => /^no-store$/i.test(part)) ? 'no-store' : ['private', ...kept].join(', ');
};

/** Under it no script, form or frame of an upstream's document runs on the SPA's origin. */
const policy = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
/** Documents that can act; one without a type may be taken for any. A PDF or a picture would not show in a sandbox. */
const canAct = /html|xml|svg|^multipart|^$/i;

const createPolicies = (upstream: IncomingHttpHeaders): string[] => {
  const own = canAct.test(upstream['content-type'] ?? '') ? `${policy}; sandbox` : policy;
  const theirs = upstream['content-security-policy'];
  return theirs === undefined ? [own] : [own, ...[theirs].flat()];
};

const translateLocations = (
  answer: HeaderValues,
  translate: (location: string) => string | undefined,
): void => {
  for (const name of ['location', 'content-location']) {
    const { [name]: location } = answer;
    if (location === undefined) continue;
    const translated = typeof location === 'string' ? translate(location) : undefined;
    if (translated === undefined) delete answer[name];
    else answer[name] = translated;
  }
};

const exposed = 'access-control-expose-headers';

/** A SPA of an allowed origin reads as much of an answer as one of ours. */
const exposeAll = (answer: HeaderValues): void => {
  if (answer[exposed] === undefined) return;
  const names = Object.keys(answer).filter((name) => !name.startsWith('access-control-'));
  answer[exposed] = names.join(', ');
};

/** The headers that an answer has whatever the upstream says: those of every answer, and what the reply was given. */
export type OwnHeaders = (
  reply: FastifyReply,
) => Readonly<Record<string, number | string | string[] | undefined>>;

/** What an answer has beside the upstream's headers. */
export interface AnswerContext {
  /** They win over the upstream's. */
  readonly given: ReturnType<OwnHeaders>;
  readonly status: number;
  /** Where a `Location` of the upstream is for the browser, if anywhere. */
  readonly translate: (location: string) => string | undefined;
}

/** The headers of the browser's answer. @see RFC 9110 section 7.6.1; RFC 9111 section 5.2.2 */
export const createAnswerHeaders = (
  upstream: IncomingHttpHeaders,
  { given, status, translate }: AnswerContext,
): HeaderValues => {
  const answer = pickHeaders(upstream, passes);
  // A 204 has no body whose length there could be. @see RFC 9110 section 8.6
  if (status === 204) delete answer['content-length'];
  translateLocations(answer, translate);
  for (const name in given) {
    const value = given[name];
    if (value !== undefined) answer[name] = typeof value === 'number' ? String(value) : value;
  }
  answer['content-security-policy'] = createPolicies(upstream);
  const cacheControl = String(upstream['cache-control'] ?? '');
  answer['cache-control'] = cacheControl === '' ? 'no-store' : keepPrivate(cacheControl);
  answer.vary = [upstream.vary, given.vary, 'Cookie'].filter((part) => part !== undefined).join(', ');
  exposeAll(answer);
  return answer;
};
