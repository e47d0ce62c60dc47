import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { createAnswerPolicy } from './browser-security/content-security-policy.ts';
import { createCrossSiteRule } from './browser-security/cross-site.ts';
import { preparePageHeaders } from './browser-security/page-headers.ts';
import { createOriginCorrection, wantsPage } from './browser-security/public-origin.ts';
import { prepareResponseHeaders, type ResponseHeaders } from './browser-security/response-headers.ts';
import { requireSoundRequest } from './browser-security/sound-request.ts';
import { logEvent } from './events.ts';
import { observeRequests } from './logging/observation.ts';
import { createSubjectNames } from './logging/person.ts';
import { createLoginRounds } from './login/login-rounds.ts';
import { createLoginSeal } from './login/login-seal.ts';
import { createLoginTransactions } from './login/login-transaction.ts';
import { createRateLimit } from './login/rate-limit.ts';
import type { BffOptions, ResolvedOptions } from './options.ts';
import { resolveOptions } from './options.ts';
import { createPageLook } from './pages/page.ts';
import { replyProblem } from './pages/problem-reply.ts';
import { Problem } from './problems.ts';
import { createProviders } from './provider/providers.ts';
import { isWebSocket, requireOwnOrigin, takesWebSockets } from './proxy/web-socket-request.ts';
import type { Bff } from './routes/bff.ts';
import { addOwnRoutes } from './routes/own-routes.ts';
import { requireFreeRoutes } from './routes/reserved-routes.ts';
import { createDraining } from './server/draining.ts';
import { closeIdleConnections } from './server/idle-connections.ts';
import { routeUpgrades } from './server/socket-takeover.ts';
import { createCookieSeal } from './session/session-cookie.ts';
import { createSessions } from './session/sessions.ts';
import { guardStore } from './session/store-guard.ts';
import { registerSpa } from './spa/spa.ts';
import { createTokensByProvider } from './tokens/tokens-by-provider.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The BFF that was registered here, for `requireUser` and `currentUser`. */
    readonly foyer: Bff;
  }
}

const composeBff = async (app: FastifyInstance, options: ResolvedOptions): Promise<Bff> => {
  const seal = await createCookieSeal(options.sessionKeys);
  const loginSeal = createLoginSeal(options.sessionKeys);
  const providers = createProviders(options, app.log);
  const { log } = app;
  const store = guardStore(options.sessionStore, options.observe);
  const sessions = createSessions({ options, store, seal, log });
  const { end } = sessions;
  const look = createPageLook(options.brand);
  const printPolicy = createAnswerPolicy(look.style.hash);
  const endSessionOrigin = providers.endSessionOrigins;
  const answers = prepareResponseHeaders(options, () => printPolicy(endSessionOrigin()));
  return {
    options,
    providers,
    sessions,
    accessTokens: createTokensByProvider({ store, records: sessions, end, log }, providers),
    logins: createLoginTransactions(options, loginSeal),
    loginSeal,
    rounds: createLoginRounds(options, { login: loginSeal, session: seal }),
    look,
    draining: createDraining(app, options.drainTimeout),
    headers: {
      answers,
      pages: preparePageHeaders({ options, answers, endSessionOrigin }),
    },
    limitRate: await createRateLimit(options),
    judgeSource: createCrossSiteRule(options),
    correctOrigin: createOriginCorrection(options),
    nameSubject: createSubjectNames(options),
    allowedMethods: new Map(),
  };
};

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

/** Discovery takes processor time: the first pages after a start are served before it. */
const warmUpDelayMs = 50;

const register = async (app: FastifyInstance, given: BffOptions): Promise<void> => {
  const options = resolveOptions({ ...given, prefix: `${app.prefix}${given.prefix ?? ''}` });
  requireFreeRoutes(app, options);
  const bff = await composeBff(app, options);
  const { observe } = options;
  const prefix = options.basePath.slice(app.prefix.length);
  app.decorate('foyer', bff);
  if (options.sessionCookie === 'persistent') logEvent(app.log, 'persistent_cookie', {});
  closeIdleConnections(app);
  if (takesWebSockets(options)) routeUpgrades(app);

  const prepare = (scope: FastifyInstance, headers: Pick<ResponseHeaders, 'addTo'>): void => {
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
