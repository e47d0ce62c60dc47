import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { Bff } from '../bff.ts';
import { requireSource } from '../gate/admission.ts';
import { isSeveral, type ResolvedOptions } from '../options.ts';
import { registerProxy } from '../proxy/proxy.ts';
import { isTaken } from './add-route.ts';
import { addBackchannelLogoutRoute } from './backchannel-logout.ts';
import { addCallbackRoute } from './callback.ts';
import { addFrontchannelLogoutRoute } from './frontchannel-logout.ts';
import { addGateRoutes, gatePath } from './gate.ts';
import { addHealthRoutes } from './health.ts';
import { addLoginRoute } from './login.ts';
import { addLogoutRoute } from './logout.ts';
import { addMeRoute } from './me.ts';
import { addMeEventsRoute } from './me-events.ts';
import { addMeSessionsRoutes } from './me-sessions.ts';
import { addOauth2ProxyRoutes, oauth2ProxyPaths } from './oauth2-proxy.ts';
import { addClientKeysRoute, addProvidersRoute } from './providers.ts';

/** Our own routes take forms or no body: any other body is read up to the limit and ignored. */
const addBodyParsers = (scope: FastifyInstance): void => {
  const parseAs = 'string' as const;
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs }, (_request, body, done) => {
    done(null, new URLSearchParams(String(body)));
  });
  scope.addContentTypeParser('*', { parseAs }, (_request, _body, done) => done(null, undefined));
};

const addCrossSiteRule = (scope: FastifyInstance, bff: Bff, methods?: readonly string[]): void => {
  scope.addHook('onRequest', (request, _reply, done) => {
    if (methods === undefined || methods.includes(request.method)) requireSource(bff, request);
    done();
  });
};

/** Every route of ours, each group with the rule that protects it. */
export const addOwnRoutes = async (scope: FastifyInstance, bff: Bff): Promise<void> => {
  addBodyParsers(scope);
  addLoginRoute(scope, bff);
  addCallbackRoute(scope, bff);
  addBackchannelLogoutRoute(scope, bff);
  addHealthRoutes(scope, bff);
  if (bff.options.frontchannelLogout) await addFrontchannelLogoutRoute(scope, bff);
  if (bff.options.providers.some((each) => each.options.clientKey !== undefined))
    addClientKeysRoute(scope, bff);
  if (bff.options.gate !== 'off') addGateRoutes(scope, bff);
  if (bff.options.gate === 'oauth2-proxy') addOauth2ProxyRoutes(scope, bff);
  await scope.register(async (logout) => {
    addCrossSiteRule(logout, bff, ['POST']);
    addLogoutRoute(logout, bff);
  });
  await scope.register(async (api) => {
    addCrossSiteRule(api, bff);
    addMeRoute(api, bff);
    addMeEventsRoute(api, bff);
    addMeSessionsRoutes(api, bff);
    addProvidersRoute(api, bff);
    await registerProxy(api, bff);
  });
};

const { health: _health, ready: _ready, clientKeys: _clientKeys, frontchannelLogout, ...required } = paths;

/**
 * Requires the paths of our routes to be free; `/healthz` and `/readyz` may be the host's, and the client's keys are
 * served only where there are any.
 *
 * @throws Error that names every path that the host has taken.
 */
export const requireFreeRoutes = (app: FastifyInstance, options: ResolvedOptions): void => {
  const { basePath, spa, gate } = options;
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
