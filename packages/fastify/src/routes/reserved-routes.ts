import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';

/** Whether the host has a route at this path already. `OPTIONS` may be its own: @fastify/cors has a route for it. */
export const isTaken = (app: FastifyInstance, path: string): boolean =>
  app.supportedMethods.some((method) => method !== 'OPTIONS' && app.hasRoute({ method, url: path }));

const { health: _health, ready: _ready, ...required } = paths;

/**
 * Requires the paths of our routes to be free; `/healthz` and `/readyz` may be the host's. They begin at the root: below a
 * prefix the provider's redirects would lead past them.
 *
 * @throws Error that names the prefix, or every path that the host has taken.
 */
export const requireFreeRoutes = (app: FastifyInstance, servesSpa: boolean): void => {
  if (app.prefix !== '')
    throw new Error(
      `The bff plugin does not work below a prefix (${app.prefix}). Register it in an instance without one.`,
    );
  const reserved = [
    ...Object.values(required),
    `${paths.meSessions}/:id`,
    '/api/*',
    ...(servesSpa ? ['/*'] : []),
  ];
  const taken = reserved.filter((path) => isTaken(app, path));
  if (taken.length === 0) return;
  throw new Error(
    `The bff plugin needs ${taken.join(', ')}, where the application has a route already. Move that route.`,
  );
};
