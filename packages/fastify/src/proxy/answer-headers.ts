import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { memoize } from '../memoize.ts';
import type { ApiRoute } from '../options.ts';
import { type HeaderValues, hopByHopHeaders, pickHeaders } from './hop-by-hop.ts';

/** The beginning of an upstream's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly upstream: IncomingHttpHeaders;
}

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

/** A URL takes text beyond ASCII for characters; here it is the bytes of a header. */
const encodeBytes = (text: string): string =>
  text.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);

const withoutOrigin = (location: string): string => location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');

/** Host and port without the scheme; the default port of either scheme is left out. */
const hostOf = ({ host }: URL): string => host.replace(/:(80|443)$/, '');

/**
 * Makes the translation of an upstream's `Location`: one that leads into an API of ours becomes our own path, one that
 * leads elsewhere on an upstream is left out, since its address is internal, and any other is the upstream's own answer
 * and stays as it is. Host and port decide: frameworks behind a proxy often name the wrong scheme. `asked` is the URL that
 * the upstream was asked for.
 */
export const createLocations = (
  routes: readonly ApiRoute[],
  basePath: string,
): ((location: string, asked: URL) => string | undefined) => {
  const table = routes
    .map(({ prefix, upstream }) => {
      const url = new URL(upstream);
      return { prefix: `${basePath}${prefix}`, host: hostOf(url), base: url.pathname.replace(/\/$/, '') };
    })
    .sort((one, other) => other.base.length - one.base.length);

  return (location, asked) => {
    const encoded = encodeBytes(location);
    const url = URL.parse(encoded, asked.href);
    if (url === null) return undefined;
    const own = table.filter(({ host }) => host === hostOf(url));
    if (own.length === 0) return location;
    const { pathname, search, hash } = url;
    const found = own.find(({ base }) => pathname === base || pathname.startsWith(`${base}/`));
    if (found === undefined) return undefined;
    const translated = `${pathname}${search}${hash}`;
    // Unless the path had to be normalised, its bytes stay as they were sent.
    const path = withoutOrigin(encoded) === translated ? withoutOrigin(location) : translated;
    return `${found.prefix}${path.slice(found.base.length)}`;
  };
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

const listed = (value: unknown): string => (value === undefined ? '' : `${value}, `);

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
  answer.vary = `${listed(upstream.vary)}${listed(given.vary)}Cookie`;
  exposeAll(answer);
  return answer;
};

/**
 * Sends the head of an answer. Head and body go by the response itself, past `reply.send`: a head must go out before there is
 * a body (events), Fastify would add a content type where the upstream sent none, and an answer that breaks off must end the
 * connection.
 */
export const sendHead = (reply: FastifyReply, status: number, headers: HeaderValues): void => {
  const { raw, request } = reply;
  raw.writeHead(status, headers);
  reply.hijack();
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
  // Not `flushHeaders`: that prints the head in UTF-8, and bytes beyond ASCII would not pass unchanged.
  if (hasBody && headers['content-length'] === undefined) raw.write(Buffer.alloc(0));
};
