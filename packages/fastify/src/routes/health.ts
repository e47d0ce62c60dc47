import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { Problem } from '../problems.ts';
import { addRoute } from './add-route.ts';
import { isTaken } from './reserved-routes.ts';

/** `GET /healthz` touches nothing; `GET /readyz` says whether people can be served. The host may have its own of both. */
export const addHealthRoutes = (
  scope: FastifyInstance,
  { options, providers, sessions, draining }: Bff,
): void => {
  const json = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };
  const healthy = JSON.stringify({ status: 'ok' });
  const answer: Parameters<typeof addRoute>[2]['GET'] = async (_request, reply) =>
    reply.headers(json).send(healthy);
  if (!isTaken(scope, `${options.basePath}${paths.health}`))
    addRoute(scope, paths.health, { GET: answer, HEAD: answer });
  const stopping = JSON.stringify({ status: 'stopping' });
  const ready: Parameters<typeof addRoute>[2]['GET'] = async (_request, reply) => {
    if (!draining.takesMore()) return reply.code(503).headers(json).send(stopping);
    await sessions.checkStore();
    if (!(await providers.isDiscovered())) {
      providers.warmUp();
      throw new Problem('provider_unavailable', 'No provider has been discovered yet', {
        retryAfter: 1,
      });
    }
    return reply.headers(json).send(healthy);
  };
  if (!isTaken(scope, `${options.basePath}${paths.ready}`))
    addRoute(scope, paths.ready, { GET: ready, HEAD: ready });
};
