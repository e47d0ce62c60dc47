import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { type Bff, composeBff } from './bff.ts';
import { requireOwnOrigin } from './browser-security/cross-site.ts';
import { wantsPage } from './browser-security/public-origin.ts';
import type { ResponseHeaders } from './browser-security/response-headers.ts';
import { requireSoundRequest } from './browser-security/sound-request.ts';
import { logEvent } from './events.ts';
import { observeRequests } from './logging/observation.ts';
import { type BffOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { replyProblem } from './pages/problem-reply.ts';
import { Problem } from './problems.ts';
import { addOwnRoutes, requireFreeRoutes } from './routes/own-routes.ts';
import { closeIdleConnections } from './server/draining.ts';
import { isWebSocket, routeUpgrades } from './server/socket-takeover.ts';
import { readAppName } from './spa/html-file.ts';
import { registerSpa } from './spa/spa.ts';

/** A method that Fastify does not know reaches no route, and so none of those that answer 405. */
const refuseUnknownMethods = (scope: FastifyInstance, { allowedMethods }: Bff): void => {
  scope.setNotFoundHandler(({ url, method }) => {
    const path = url.split('?', 1)[0] ?? '';
    const own = allowedMethods.get(path) ?? allowedMethods.get(path.replace(/[^/]+$/, ':id'));
    const allow = own ?? ['GET', 'HEAD'];
    throw new Problem('method_not_allowed', `${method} is a method of no route`, { allow });
  });
};

/** Pages and assets: opened under another loopback name they move to the public URL first. */
const addPages = async (scope: FastifyInstance, bff: Bff): Promise<void> => {
  scope.addHook('onRequest', (request, reply, done) => {
    if (isWebSocket(request)) requireOwnOrigin(request, bff.options);
    const corrected = wantsPage(request) ? bff.correctOrigin(request) : undefined;
    if (corrected === undefined) done();
    else reply.redirect(corrected, 303);
  });
  refuseUnknownMethods(scope, bff);
  await registerSpa(scope, bff);
};

/** Keeps our routes out of what @fastify/swagger says of the host's API. */
const hideRoutes = (scope: FastifyInstance): void => {
  if (!scope.hasDecorator('swagger')) return;
  scope.addHook('onRoute', (route) => {
    Object.assign(route, { schema: { hide: true } });
  });
};

/** Whether anything behind the BFF can answer a WebSocket. */
const takesWebSockets = ({ apiRoutes, spa }: ResolvedOptions): boolean =>
  apiRoutes.length > 0 || (spa !== undefined && 'devServer' in spa);

/** Discovery takes processor time: the first pages after a start are served before it. */
const warmUpDelayMs = 50;

const register = async (app: FastifyInstance, given: BffOptions): Promise<void> => {
  const resolved = resolveOptions({ ...given, prefix: `${app.prefix}${given.prefix ?? ''}` });
  const name = resolved.brand.name ?? (await readAppName(resolved.spa));
  const options = { ...resolved, brand: { ...resolved.brand, name } };

  requireFreeRoutes(app, options);
  const bff = await composeBff(app, options);
  const { observe } = options;
  const prefix = options.basePath.slice(app.prefix.length);
  app.decorate('foyer', bff);
  if (options.sessionCookie === 'persistent') logEvent(app.log, 'persistent_cookie', {});
  closeIdleConnections(app);
  if (takesWebSockets(options)) routeUpgrades(app);

  const prepare = (scope: FastifyInstance, headers: ResponseHeaders): void => {
    hideRoutes(scope);
    scope.setErrorHandler(replyProblem);
    if (observe) observeRequests(scope, observe);
    scope.addHook('onRequest', (request, _reply, done) => {
      requireSoundRequest(request);
      // The parser checks the transfer encoding only after it has emitted the headers: let its refusal come first.
      if (request.headers['transfer-encoding'] === undefined) done();
      else setImmediate(done);
    });
    headers.addTo(scope);
  };

  const addRoutes = async (scope: FastifyInstance): Promise<void> => {
    prepare(scope, bff.headers.answers);
    await addOwnRoutes(scope, bff);
  };
  await app.register(addRoutes, { prefix });
  const addSpa = async (scope: FastifyInstance): Promise<void> => {
    prepare(scope, bff.headers.pages);
    await addPages(scope, bff);
  };
  if (options.spa !== undefined) await app.register(addSpa, { prefix });

  let warming: NodeJS.Timeout | undefined;
  app.addHook('onReady', async () => {
    await bff.providers.requireProfile();
    warming = setTimeout(bff.providers.warmUp, warmUpDelayMs);
    warming.unref();
  });
  app.addHook('onClose', async () => {
    clearTimeout(warming);
    await bff.sessions.stop();
    await bff.providers.close();
  });
};

/**
 * The BFF as a Fastify plugin: signs people in and out, keeps their tokens, answers `/api/me`, passes calls
 * on to the configured APIs, and serves the SPA where `spa` is given. Its routes, headers and error answers
 * stay in scopes of their own.
 *
 * @throws OptionsError at registration, with every mistake at once; when the application is made ready, with all that
 * the provider lacks for `profile`.
 * @see RFC 10017 section 6.1
 */
export const bff = fastifyPlugin(register, { name: '@foyer/fastify', fastify: '5.x' });
