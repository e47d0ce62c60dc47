import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The BFF as a child process, which is restarted when one of its source files is saved. */
export interface BffProcess {
  /** Resolves when the BFF answers; rejects when the process ends before its first answer. */
  readonly answers: Promise<void>;
  readonly close: () => Promise<void>;
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const sources = ['apps/bff/src', 'packages/fastify/src', 'packages/contract/src'].map(fromRoot);

/** A restart waits this long after the last change, because editors save a file in several steps. */
const restartDelayMs = 80;

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false; // Not listening yet; the caller repeats the request.
  }
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

const waitUntilHealthy = async (url: string, child: ChildProcess): Promise<void> => {
  while (!(await isHealthy(url))) {
    if (hasEnded(child)) throw new Error('The BFF did not start. Fix the error that it printed above.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

/** Starts the BFF with this environment; `port` must be the port in it, `basePath` the path of its public URL. */
export const startBffProcess = (
  { port, basePath }: { readonly port: number; readonly basePath: string },
  environment: Readonly<Record<string, string | undefined>>,
): BffProcess => {
  const start = (): ChildProcess =>
    spawn(process.execPath, [fromRoot('apps/bff/src/main.ts')], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: environment,
    });
  let child = start();
  let restarting = Promise.resolve();
  let isClosed = false;

  const restart = async (): Promise<void> => {
    await end(child);
    if (isClosed) return;
    child = start();
    console.log('  A file was saved. The BFF restarts.');
  };
  let timer: NodeJS.Timeout | undefined;
  const watchers = sources.map((folder) =>
    watch(folder, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        restarting = restarting.then(restart);
      }, restartDelayMs);
    }),
  );

  return {
    answers: waitUntilHealthy(`http://127.0.0.1:${port}${basePath}healthz`, child),
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      await restarting;
      await end(child);
    },
  };
};
