import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { logEvent } from '../events.ts';
import { isLoopbackHost } from '../options/urls.ts';
import type { ResolvedOptions } from '../options.ts';
import { isNavigation } from './cross-site.ts';

/** Corrections of one address within two seconds; more are a redirect loop. */
const mostCorrections = 3;
const loopWindowMs = 2000;

/** Whether an address was just corrected so often that its `Host` cannot be what the browser asked for. */
const createLoopWatch = (now: () => number): ((address: string) => boolean) => {
  const ttl = { ttl: loopWindowMs, ttlResolution: 0, noUpdateTTL: true, perf: { now } };
  const corrections = new LRUCache<string, number>({ max: 100, ...ttl });
  return (address) => {
    const times = (corrections.get(address) ?? 0) + 1;
    corrections.set(address, times);
    return times > mostCorrections;
  };
};

/** Name and port of a `Host` header that names a loopback host, as `URL` writes them; `undefined` for any other. */
const parseLoopback = (header: string | undefined): string | undefined => {
  const url = header === undefined ? null : URL.parse(`http://${header}`);
  return url !== null && isLoopbackHost(url.hostname) ? url.host : undefined;
};

/**
 * Where to send a browser that opened a page under another loopback name or port than `publicUrl`, whose
 * cookies would be lost; `undefined` for every other request. A foreign `Host` is never repeated. A proxy in front that
 * changes `Host` would cause a redirect loop: it is detected, and logged once.
 */
export const createOriginCorrection = ({
  publicOrigin,
  clock,
}: ResolvedOptions): ((request: FastifyRequest) => string | undefined) => {
  const { host, hostname } = new URL(publicOrigin);
  const isLocal = isLoopbackHost(hostname);
  const isLoop = createLoopWatch(clock);
  let isLogged = false;
  const report = ({ log }: FastifyRequest, asked: string): undefined => {
    if (!isLogged) logEvent(log, 'host_changed', { host: asked });
    isLogged = true;
  };
  return (request) => {
    const asked = isLocal ? parseLoopback(request.headers.host) : undefined;
    if (asked === undefined || asked === host) return undefined;
    const path = request.url.startsWith('/') ? request.url : '/';
    return isLoop(`${asked}${path}`) ? report(request, asked) : `${publicOrigin}${path}`;
  };
};

/** Whether the browser wants a page: a navigation, or something that accepts HTML. */
export const wantsPage = (request: Pick<FastifyRequest, 'headers'>): boolean =>
  isNavigation(request) || (request.headers.accept ?? '').includes('text/html');
