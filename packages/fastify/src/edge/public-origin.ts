import type { FastifyRequest } from 'fastify';
import { isLoopbackHost } from '../loopback-host.ts';
import type { ResolvedOptions } from '../options.ts';

/**
 * Where to send a browser that opened a page under another loopback name or port than `publicUrl`, whose
 * cookies would be lost; `undefined` for every other request. A foreign `Host` is never repeated.
 */
export const createOriginCorrection = ({ publicUrl }: ResolvedOptions) => {
  const { host, hostname } = new URL(publicUrl);
  const isLocal = isLoopbackHost(hostname);
  return (request: FastifyRequest): string | undefined => {
    const asked = request.headers.host;
    if (!isLocal || asked === undefined || asked === host || !URL.canParse(`http://${asked}`))
      return undefined;
    const { hostname: askedHost, host: askedHostPort } = new URL(`http://${asked}`);
    if (askedHostPort === host || !isLoopbackHost(askedHost)) return undefined;
    const path = request.url.startsWith('/') ? request.url : '/';
    return `${publicUrl}${path}`;
  };
};

/** Whether the browser wants a page: a navigation, or something that accepts HTML. */
export const wantsPage = ({ headers }: Pick<FastifyRequest, 'headers'>): boolean =>
  headers['sec-fetch-mode'] === 'navigate' || (headers.accept ?? '').includes('text/html');
