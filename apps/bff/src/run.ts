import { EnvironmentError, readProcessEnvironment, toVariables } from '@foyer/environment';
import { OptionsError } from '@foyer/fastify';
import { logEvent } from '@foyer/fastify/events';
import { parseEnvironment } from './environment.ts';
import { StartError, startServer } from './server.ts';

/** Ends the process: what was opened before the failure, a connection to Redis above all, would keep it alive. */
const refuseToStart = (error: unknown): never => {
  // The plugin speaks of its options, the app of its variables.
  const reason = error instanceof OptionsError ? new EnvironmentError(toVariables(error.issues)) : error;
  const isExpected = reason instanceof EnvironmentError || reason instanceof StartError;
  console.error(isExpected ? reason.message : reason);
  process.exit(1);
};

/** The time for logging the connections that were closed, before the process exits. */
const exitDelayMs = 300;

const start = async (): Promise<void> => {
  const environment = readProcessEnvironment();
  const settings = parseEnvironment(environment.variables, environment.issues);
  const app = await startServer(settings);
  const stop = (signal: NodeJS.Signals): void => {
    logEvent(app.log, 'stopping', { signal });
    const timer = setTimeout(() => {
      logEvent(app.log, 'stopped_late', {});
      app.server.closeAllConnections();
      setTimeout(() => process.exit(0), exitDelayMs);
    }, settings.shutdownTimeout * 1000);
    app.close().then(
      () => {
        clearTimeout(timer);
        process.exit(0);
      },
      (error: unknown) => {
        logEvent(app.log, 'close_failed', { err: error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

/** Runs the BFF until a signal ends it. A start that fails prints the reason last, and ends the process with 1. */
export const run = async (): Promise<void> => start().catch(refuseToStart);
