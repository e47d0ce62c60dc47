import { setTimeout as wait } from 'node:timers/promises';
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
import type { Settings } from './environment/settings.ts';

/** A start that failed for a reason that the operator can fix; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The code of a system error, such as `EADDRINUSE`; `undefined` for any other. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const openStore = async (url: string): Promise<Awaited<ReturnType<typeof openSessionStore>>> => {
  try {
    return await openSessionStore(url);
  } catch (error) {
    const reason = codeOf(error);
    throw new StartError(
      `SESSION_STORE cannot be opened${reason ? ` (${reason})` : ''}. Check that the address is right, and that the directory can be written to.`,
      { cause: error },
    );
  }
};

/** What to do when the server cannot listen; `undefined` for a failure that the configuration did not cause. */
const listenRemedy = (code: string | undefined, { host, port }: Settings): string | undefined => {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that program, or choose another port: PORT=${port + 1} and the same port in PUBLIC_URL.`;
  if (code === 'EACCES')
    return `Port ${port} is not for this user. Choose a port from 1024 on: PORT=3000, and let a proxy listen on ${port}.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `HOST ${host} is no address of this machine (${code}). Use 127.0.0.1, or 0.0.0.0 for every address.`;
  return undefined;
};

const listen = async (app: FastifyInstance, settings: Settings): Promise<void> => {
  const { host, port } = settings;
  try {
    await app.listen({ host, port });
  } catch (error) {
    const remedy = listenRemedy(codeOf(error), settings);
    throw remedy === undefined ? error : new StartError(remedy, { cause: error });
  }
};

/** Serves the metrics if `METRICS_PORT` is set, until the server closes. */
const serveMetrics = async (
  app: FastifyInstance,
  { host, metricsPort }: Settings,
  store: SessionStore,
): Promise<Observe | undefined> => {
  if (metricsPort === undefined) return undefined;
  const [{ createMetrics }, { startMetricsServer }] = await Promise.all([
    import('./telemetry/metrics.ts'),
    import('./telemetry/metrics-server.ts'),
  ]);
  const metrics = createMetrics(async () => store.count());
  try {
    const server = await startMetricsServer(metrics, host, metricsPort);
    app.addHook('onClose', async () => {
      server.closeAllConnections();
      server.close();
    });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    const message = `METRICS_PORT ${metricsPort} is taken by another program. Choose another port.`;
    throw new StartError(message, { cause: error });
  }
  return metrics.observe;
};

const listenForOperators = async (
  admin: FastifyInstance,
  { host, adminPort: port }: Settings,
): Promise<void> => {
  if (port === undefined) return;
  try {
    await admin.listen({ host, port });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    const message = `ADMIN_PORT ${port} is taken by another program. Choose another port.`;
    throw new StartError(message, { cause: error });
  }
};

/** Serves operators if `ADMIN_PORT` is set, until the server closes; returns what begins to listen. */
const prepareAdmin = async (app: FastifyInstance, settings: Settings): Promise<() => Promise<void>> => {
  const { adminToken, logLevel } = settings;
  if (adminToken === undefined) return async () => undefined;
  const { createAdminServer } = await import('./admin-server.ts');
  const admin = createAdminServer(app, { token: adminToken, logLevel });
  app.addHook('onClose', async () => admin.close());
  return () => listenForOperators(admin, settings);
};

/** Starts tracing if the environment asks for it; the remaining spans are sent when the server has closed. */
const sendTraces = async (app: FastifyInstance, { wantsTraces }: Settings): Promise<Observe | undefined> => {
  if (!wantsTraces) return undefined;
  const { startTraces } = await import('./telemetry/traces.ts');
  const { addTo, observe, stop } = startTraces();
  addTo(app);
  app.addHook('onClose', stop);
  return observe;
};

/** What is asked for outside of the path of `PUBLIC_URL` is answered like everything else that is not there. */
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

const notifyAll =
  (observers: readonly Observe[]): Observe =>
  (seen) => {
    for (const observe of observers) observe(seen);
  };

/** How long a start that failed may take to close what it had opened. */
const closeTimeoutMs = 2000;

/** Closes what can be closed in time; the reason of the failed start is the one to report, whatever fails here. */
const closeFailedStart = async (app: FastifyInstance, store: SessionStore): Promise<void> => {
  const closing = Promise.allSettled([app.close(), store.close()]);
  const stop = new AbortController();
  const late = wait(closeTimeoutMs, undefined, { signal: stop.signal });
  await Promise.race([closing, late.catch(() => undefined)]);
  stop.abort();
};

/**
 * Starts the BFF, which answers requests when this resolves.
 *
 * @throws StartError when the store or a port cannot be opened.
 */
export const startServer = async (settings: Settings): Promise<FastifyInstance> => {
  const { logLevel, trustProxy, options } = settings;
  const sessionStore = await openStore(settings.storeUrl);
  const isSecure = options.publicUrl.startsWith('https:');
  const { allowedOrigins = [] } = options;
  const served = createServerOptions({ logLevel, trustProxy, isSecure, allowedOrigins });
  const app = Fastify({ ...served, schemaController });
  app.addHook('onResponse', logRequest);
  for (const variable of settings.unknownVariables) logEvent(app.log, 'unknown_variable', { variable });
  for (const { variable, file } of settings.readableSecrets)
    logEvent(app.log, 'readable_secret_file', { variable, file });
  try {
    const observers = [
      await serveMetrics(app, settings, sessionStore),
      await sendTraces(app, settings),
    ].filter((each) => each !== undefined);
    const observe = observers.length === 0 ? undefined : notifyAll(observers);
    const drainTimeout = settings.shutdownTimeout / 2;
    await app.register(bff, { ...options, sessionStore, observe, drainTimeout });
    if (app.foyer.options.basePath !== '') refuseOutside(app);
    const listenAdmin = await prepareAdmin(app, settings);
    await app.ready();
    await listen(app, settings);
    await listenAdmin();
  } catch (error) {
    await closeFailedStart(app, sessionStore);
    throw error;
  }
  return app;
};
