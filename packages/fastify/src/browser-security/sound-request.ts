import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';

/**
 * Refuses what the parser lets through and two servers may read in two ways: no `Host` or more than one, and
 * versions that this is not.
 *
 * @throws Problem `bad_request`.
 * @see RFC 9112 sections 2.3 and 3.2
 */
export const requireSoundRequest = ({ raw }: FastifyRequest): void => {
  if ('stream' in raw) return; // HTTP/2 has no framing to disagree about.
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = raw;
  if (httpVersionMajor !== 1) throw new Problem('bad_request', 'The request is of no HTTP/1 version');
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1 || (hosts === 0 && httpVersionMinor > 0))
    throw new Problem('bad_request', 'The request has no Host, or more than one');
};
