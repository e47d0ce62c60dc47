import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { Problem } from '../problems.ts';
import { type Answer, addRoute, isTaken } from './add-route.ts';

/** `GET /healthz` touches nothing; `GET /readyz` says whether people can be served. The host may have its own of both. */
export const addHealthRoutes = (
  scope: FastifyInstance,
  { options, providers, sessions, draining }: Bff,
): void => {
  const json = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' };
  const ok = JSON.stringify({ status: 'ok' });
  const health: Answer = async (_request, reply) => reply.headers(json).send(ok);
  const ready: Answer = async (_request, reply) => {
    if (!draining.takesMore()) {
      return reply
        .code(503)
        .headers(json)
        .send(JSON.stringify({ status: 'stopping' }));
    }
    await sessions.checkStore();
    if (await providers.isDiscovered()) return reply.headers(json).send(ok);
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
