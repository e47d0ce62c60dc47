import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { Problem } from '../problems.ts';
import { type Answer, addRoute, isTaken } from './add-route.ts';

/** `GET /healthz` touches nothing; `GET /readyz` says whether people can be served. The host may have its own of both. */
export const addHealthRoutes = (
  scope: FastifyInstance,
  { options, providers, sessions, takesMore }: Bff,
): void => {
  const health: Answer = async (_request, reply) => reply.send({ status: 'ok' });
  const ready: Answer = async (request, reply) => {
    if (!takesMore()) return reply.code(503).send({ status: 'stopping' });
    await sessions.checkStore();
    if (await providers.isDiscovered()) return health(request, reply);
    providers.warmUp();
    throw new Problem('provider_unavailable', 'No provider has been discovered yet', { retryAfter: 1 });
  };
  const own = [
    [paths.health, health],
    [paths.ready, ready],
  ] as const;
  for (const [path, answer] of own)
    if (!isTaken(scope, `${options.basePath}${path}`)) addRoute(scope, path, { GET: answer, HEAD: answer });
};
