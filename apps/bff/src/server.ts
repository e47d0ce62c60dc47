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
import { codeOf } from './environment/environment-error.ts';
import type { Settings } from './environment/settings.ts';

/** A start that failed for a reason that the operator can fix; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

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

/** A server apart from public traffic, and the variable that names its port. */
interface CompanionServer {
  readonly variable: string;
  readonly port: number;
  readonly server: FastifyInstance;
}

const listenApart = async ({ variable, port, server }: CompanionServer, host: string): Promise<void> => {
  try {
    await server.listen({ host, port });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new StartError(`${variable} ${port} is taken by another program. Choose another port.`, {
      cause: error,
    });
  }
};

/** What measures, as the settings ask for it: loaded then alone. */
const startTelemetry = async (
  app: FastifyInstance,
  { metricsPort, wantsTraces }: Settings,
  store: SessionStore,
): Promise<{ readonly observers: readonly Observe[]; readonly companions: readonly CompanionServer[] }> => {
  const { createMetrics } = metricsPort === undefined ? {} : await import('./telemetry/metrics.ts');
  const metrics = createMetrics?.(async () => store.count());
  const { startTraces } = wantsTraces ? await import('./telemetry/traces.ts') : {};
  const observers = [metrics?.observe, startTraces?.(app)].filter((each) => each !== undefined);
  const isServed = metrics !== undefined && metricsPort !== undefined;
  return {
    observers,
    companions: isServed ? [{ variable: 'METRICS_PORT', port: metricsPort, server: metrics.server }] : [],
  };
};

const createAdmin = async (
  app: FastifyInstance,
  { adminPort: port, adminToken: token, logLevel }: Settings,
): Promise<readonly CompanionServer[]> => {
  if (port === undefined || token === undefined) return [];
  const { createAdminServer } = await import('./admin-server.ts');
  return [{ variable: 'ADMIN_PORT', port, server: createAdminServer(app, { token, logLevel }) }];
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
    const { observers, companions } = await startTelemetry(app, settings, sessionStore);
    const observe = observers.length === 0 ? undefined : notifyAll(observers);
    const drainTimeout = settings.shutdownTimeout / 2;
    await app.register(bff, { ...options, sessionStore, observe, drainTimeout });
    if (app.foyer.options.basePath !== '') refuseOutside(app);
    const servers = [...companions, ...(await createAdmin(app, settings))];
    for (const { server } of servers) app.addHook('onClose', () => server.close());
    await app.ready();
    await listen(app, settings);
    for (const each of servers) await listenApart(each, settings.host);
  } catch (error) {
    await closeFailedStart(app, sessionStore);
    throw error;
  }
  return app;
};
