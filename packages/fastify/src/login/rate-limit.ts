import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import { clientAddress, groupAddress } from '../logging/client-address.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { createPrivateInstance } from '../session/private-instance.ts';

const timeWindowMs = 60_000;
/** Addresses that are remembered at most; with more within a minute the oldest are forgotten. */
const mostAddresses = 10_000;

const createAddressReader = (): ((request: FastifyRequest) => string) => {
  let isLogged = false;
  return (request) => {
    if (!isLogged && groupAddress(request.ip) === undefined) {
      isLogged = true;
      logEvent(request.log, 'client_address_unreadable', {});
    }
    return groupAddress(clientAddress(request)) ?? '';
  };
};

/**
 * Limits requests per minute and client address with @fastify/rate-limit: in Redis where the sessions are, so that all
 * replicas have one limit, else in the memory of this process.
 *
 * The limiter has a Fastify instance of its own, without routes: in a host that registered the plugin itself, an
 * encapsulated scope would inherit the host's limiter instead of ours.
 *
 * @returns a check that rejects with Problem `rate_limited` and the seconds to wait.
 */
export const createRateLimit = async ({
  rateLimitLogin,
  observe,
  sessionStore,
}: ResolvedOptions): Promise<(request: FastifyRequest) => Promise<void>> => {
  if (rateLimitLogin === 0) return async () => undefined;
  const scope = createPrivateInstance();
  await scope.register(fastifyRateLimit, {
    global: false,
    max: rateLimitLogin,
    timeWindow: timeWindowMs,
    cache: mostAddresses,
    keyGenerator: createAddressReader(),
    nameSpace: 'foyer:rate:',
    // A store in trouble has its own answers; it does not lock people out.
    skipOnError: true,
    ...(sessionStore.redis && { redis: sessionStore.redis }),
  });
  const count = scope.createRateLimit();
  return async (request) => {
    const limit = await count(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    observe?.({ kind: 'rate_limited' });
    throw new Problem('rate_limited', 'More sign-in requests from one address than RATE_LIMIT_LOGIN', {
      retryAfter: Math.max(1, limit.ttlInSeconds),
    });
  };
};
