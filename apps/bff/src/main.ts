import { currentSettings, EnvironmentError } from './environment.ts';
import { StartError, startServer } from './server.ts';

const refuseToStart = (reason: unknown): void => {
  const isTold = reason instanceof EnvironmentError || reason instanceof StartError;
  console.error(isTold ? reason.message : reason);
  process.exitCode = 1;
};

/** Milliseconds for what is cut to be told and written. */
const farewell = 300;

const run = async (): Promise<void> => {
  const settings = currentSettings();
  const app = await startServer(settings);
  const stop = (signal: NodeJS.Signals): void => {
    app.log.info({ signal }, 'stopping');
    const timer = setTimeout(() => {
      app.log.warn('SHUTDOWN_TIMEOUT has passed: requests that are still running are cut');
      app.server.closeAllConnections();
      setTimeout(() => process.exit(0), farewell);
    }, settings.shutdownTimeout * 1000);
    app.close().then(
      () => {
        clearTimeout(timer);
        process.exit(0);
      },
      (error: unknown) => {
        app.log.error({ err: error }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

await run().catch(refuseToStart);
