import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from '@foyer/environment';
import {
  bff,
  createServerOptions,
  logRequest,
  type Observe,
  openSessionStore,
  Problem,
  replyProblem,
  type SessionStore,
} from '@foyer/fastify';
import { logEvent } from '@foyer/fastify/events';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Settings } from './environment.ts';

/** A start that failed for a reason that the operator can fix; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const openStore = async (url: string): Promise<SessionStore> => {
  try {
    return await openSessionStore(url);
  } catch (error) {
    const code = codeOf(error);
    throw new StartError(
      `SESSION_STORE cannot be opened${code ? ` (${code})` : ''}. Check that the address is right, and that the directory can be written to.`,
      { cause: error },
    );
  }
};

/** What to do when a server cannot listen; `undefined` for a failure that the configuration did not cause. */
const listenRemedy = (
  code: string | undefined,
  { variable, port }: Listener,
  host: string,
): string | undefined => {
  switch (code) {
    case 'EADDRINUSE':
      return variable === 'PORT'
        ? `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} and the same port in PUBLIC_URL.`
        : `${variable} ${port} is taken by another program. Choose another port.`;
    case 'EACCES':
      return `Port ${port} is not for this user. Choose a port from 1024 on: ${variable}=3000, and let a proxy listen on ${port}.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} is no address of this machine (${code}). Use 127.0.0.1, or 0.0.0.0 for every address.`;
    default:
      return undefined;
  }
};

/** A server, and the variable that names its port. */
interface Listener {
  readonly variable: 'PORT' | 'METRICS_PORT' | 'ADMIN_PORT';
  readonly port: number;
  readonly server: FastifyInstance;
}

const listen = async (listener: Listener, host: string): Promise<void> => {
  try {
    await listener.server.listen({ host, port: listener.port });
  } catch (error) {
    const remedy = listenRemedy(codeOf(error), listener, host);
    throw remedy === undefined ? error : new StartError(remedy, { cause: error });
  }
};

/** Metrics, their server, and traces, where the settings ask for them; loaded only then. */
const startTelemetry = async (
  app: FastifyInstance,
  { metricsPort, wantsTraces }: Settings,
  store: SessionStore,
): Promise<{ readonly observe?: Observe; readonly listeners: readonly Listener[] }> => {
  const observers: Observe[] = [];
  const listeners: Listener[] = [];
  if (metricsPort !== undefined) {
    const { createMetrics } = await import('./telemetry/metrics.ts');
    const { observe, server } = createMetrics(() => store.count());
    observers.push(observe);
    listeners.push({ variable: 'METRICS_PORT', port: metricsPort, server });
  }
  if (wantsTraces) {
    const { startTraces } = await import('./telemetry/traces.ts');
    observers.push(startTraces(app));
  }
  if (observers.length === 0) return { listeners };
  const observe: Observe = (seen) => {
    for (const each of observers) each(seen);
  };
  return { observe, listeners };
};

const createAdmin = async (
  app: FastifyInstance,
  { adminPort: port, adminToken: token, logLevel }: Settings,
): Promise<readonly Listener[]> => {
  if (port === undefined || token === undefined) return [];
  const { createAdminServer } = await import('./admin-server.ts');
  return [{ variable: 'ADMIN_PORT', port, server: createAdminServer(app, { token, logLevel }) }];
};

/** Requests outside of the path of `PUBLIC_URL` get the same 404 as any unknown path. */
const refuseOutside = (app: FastifyInstance): void => {
  app.setNotFoundHandler((request, reply) => {
    reply.headers(app.foyer.headers.answers.of(reply));
    const problem = new Problem('not_found', 'The address is not below the path of PUBLIC_URL');
    return replyProblem(problem, request, reply);
  });
};

const refuseSchema = (): never => {
  throw new TypeError('No route of this server has a schema');
};

/** Fastify's own compilers of schemas are a sixth of everything that a start would load. */
const schemaController = {
  compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
};

/** How long a start that failed may take to close what it had opened: the reason is reported after that. */
const closeTimeoutMs = 2000;

/**
 * Starts the BFF, which answers requests when this resolves.
 *
 * @throws StartError when the store or a port cannot be opened.
 */
export const startServer = async (settings: Settings): Promise<FastifyInstance> => {
  const { logLevel, trustProxy, options } = settings;
  const sessionStore = await openStore(settings.storeUrl);
  const { publicUrl, allowedOrigins = [] } = options;
  const isSecure = publicUrl.startsWith('https:');
  const served = createServerOptions({ logLevel, trustProxy, isSecure, allowedOrigins });
  const app = Fastify({ ...served, schemaController });
  app.addHook('onResponse', logRequest);
  for (const variable of settings.unknownVariables) logEvent(app.log, 'unknown_variable', { variable });
  for (const { variable, file } of settings.readableSecrets)
    logEvent(app.log, 'readable_secret_file', { variable, file });
  try {
    const { observe, listeners } = await startTelemetry(app, settings, sessionStore);
    const drainTimeout = settings.shutdownTimeout / 2;
    await app.register(bff, { ...options, sessionStore, observe, drainTimeout });
    if (app.foyer.options.basePath !== '') refuseOutside(app);
    const apart = [...listeners, ...(await createAdmin(app, settings))];
    for (const { server } of apart) app.addHook('onClose', () => server.close());
    await app.ready();
    const own = { variable: 'PORT', port: settings.port, server: app } as const;
    for (const each of [own, ...apart]) await listen(each, settings.host);
  } catch (error) {
    const closing = Promise.allSettled([app.close(), sessionStore.close()]);
    await Promise.race([closing, wait(closeTimeoutMs)]);
    throw error;
  }
  return app;
};
