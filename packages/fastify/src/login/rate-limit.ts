import type { FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { groupAddress } from '../server/address-group.ts';

const windowMilliseconds = 60_000;
/** Addresses that are remembered at most; with more within a minute the oldest are forgotten. */
const mostAddresses = 10_000;

/** What a trusted proxy passes on may be any text, of any length: then its own address counts. */
const addressOf = ({ ip, socket }: FastifyRequest): string =>
  groupAddress(ip) ?? groupAddress(socket.remoteAddress ?? '') ?? '';

/**
 * Limits requests per minute and client address, in the memory of this process.
 *
 * @returns a check that throws Problem `rate_limited` with the seconds to wait.
 */
export const createRateLimit = ({
  rateLimitLogin,
  clock,
  observe,
}: ResolvedOptions): ((request: FastifyRequest) => void) => {
  const windows = new Map<string, { readonly endsAt: number; count: number }>();
  if (rateLimitLogin === 0) return () => undefined;
  return (request) => {
    const now = clock();
    const address = addressOf(request);
    const current = windows.get(address);
    if (current === undefined || current.endsAt <= now) {
      windows.delete(address);
      const [oldest] = windows.size >= mostAddresses ? windows.keys() : [];
      if (oldest !== undefined) windows.delete(oldest);
      windows.set(address, { endsAt: now + windowMilliseconds, count: 1 });
      return;
    }
    current.count += 1;
    if (current.count > rateLimitLogin) {
      observe?.({ kind: 'rate_limited' });
      const retryAfter = Math.max(1, Math.ceil((current.endsAt - now) / 1000));
      throw new Problem('rate_limited', 'More sign-in requests from one address than RATE_LIMIT_LOGIN', {
        retryAfter,
      });
    }
  };
};
