import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';

/** Lists whose every member costs work: the names of headers, and the addresses before those of trusted proxies. */
const lists = ['connection', 'x-forwarded-for'] as const;
/** Characters; more than any real request needs. */
const maxListLength = 1024;

/** `chunked` is the one transfer coding there is here, and HTTP/1.0 knows none. @see RFC 9112 sections 6.1 and 7 */
const requireSoundCoding = ({ headers, httpVersionMinor }: IncomingMessage): void => {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return;
  if (httpVersionMinor === 0) throw new Problem('bad_request', 'An HTTP/1.0 request has a transfer coding');
  if (/,\s*chunked\s*$/i.test(coding))
    throw new Problem('bad_request', 'The transfer coding is not implemented', { status: 501 });
};

/** Names and values alternate in raw headers. */
const countHosts = (rawHeaders: readonly string[]): number => {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') count += 1;
  return count;
};

/**
 * Refuses what the parser lets through and two servers may read in two ways: no `Host` or more than one, versions and
 * transfer codings that this is not, and lists of hundreds of headers or addresses.
 *
 * @throws Problem `bad_request`.
 * @see RFC 9112 sections 2.3 and 3.2
 */
export const requireSoundRequest = ({ raw }: FastifyRequest): void => {
  if ('stream' in raw) return; // HTTP/2 has no framing to disagree about.
  const { rawHeaders, httpVersionMajor, httpVersionMinor, headers } = raw;
  if (httpVersionMajor !== 1) throw new Problem('bad_request', 'The request is of no HTTP/1 version');
  const hosts = countHosts(rawHeaders);
  if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0))
    throw new Problem('bad_request', 'The request has no Host, or more than one');
  if (lists.some((name) => (headers[name]?.length ?? 0) > maxListLength))
    throw new Problem('bad_request', 'Connection or X-Forwarded-For is too long');
  requireSoundCoding(raw);
};
