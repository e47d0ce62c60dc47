import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The BFF as a process of its own that starts anew when a file of it is saved. */
export interface BffProcess {
  /** Resolves when it answers; rejects when it ends before it has ever answered. */
  readonly answers: Promise<void>;
  readonly close: () => Promise<void>;
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const sources = ['apps/bff/src', 'packages/fastify/src', 'packages/contract/src'].map(fromRoot);

/** Milliseconds in which an editor has finished writing. */
const settling = 80;

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false; // Not listening yet: asked again.
  }
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

const waitUntilHealthy = async (url: string, child: ChildProcess): Promise<void> => {
  while (!(await isHealthy(url))) {
    if (hasEnded(child)) throw new Error('The BFF did not start: mend what it says above.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};

/** Starts the BFF with this environment. `port` is where it listens. */
export const startBffProcess = (
  port: number,
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
    console.log('  The BFF starts again: a file was saved.');
  };
  let timer: NodeJS.Timeout | undefined;
  const watchers = sources.map((folder) =>
    watch(folder, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        restarting = restarting.then(restart);
      }, settling);
    }),
  );

  return {
    answers: waitUntilHealthy(`http://127.0.0.1:${port}/healthz`, child),
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      await restarting;
      await end(child);
    },
  };
};
