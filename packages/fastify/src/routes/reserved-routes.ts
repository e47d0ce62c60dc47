import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import { isSeveral, type ResolvedOptions } from '../options.ts';
import { gatePath } from './gate.ts';
import { oauth2ProxyPaths } from './oauth2-proxy.ts';

/** Whether the host has a route at this path already. `OPTIONS` may be its own: @fastify/cors has a route for it. */
export const isTaken = (app: FastifyInstance, path: string): boolean =>
  app.supportedMethods.some((method) => method !== 'OPTIONS' && app.hasRoute({ method, url: path }));

const { health: _health, ready: _ready, clientKeys: _clientKeys, frontchannelLogout, ...required } = paths;

/**
 * Requires the paths of our routes to be free; `/healthz` and `/readyz` may be the host's, and the client's keys are
 * served only where there are any.
 *
 * @throws Error that names every path that the host has taken.
 */
export const requireFreeRoutes = (
  app: FastifyInstance,
  {
    basePath,
    spa,
    gate,
    ...options
  }: Pick<ResolvedOptions, 'basePath' | 'spa' | 'gate' | 'frontchannelLogout' | 'providerId'>,
): void => {
  const reserved = [
    ...Object.values(required),
    `${paths.meSessions}/:id`,
    ...(isSeveral(options) ? [`${paths.callback}/:id`] : []),
    '/api/*',
    ...(options.frontchannelLogout ? [frontchannelLogout] : []),
    ...(gate === 'off' ? [] : [gatePath, `${gatePath}/*`]),
    ...(gate === 'oauth2-proxy' ? Object.values(oauth2ProxyPaths) : []),
    ...(spa === undefined ? [] : ['/*']),
  ];
  const taken = reserved.map((path) => `${basePath}${path}`).filter((path) => isTaken(app, path));
  if (taken.length === 0) return;
  throw new Error(
    `The bff plugin needs ${taken.join(', ')}, where the application has a route already. Move that route.`,
  );
};
