import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One of our programs. */
export interface Program {
  /** Its name in the terminal. */
  readonly name: string;
  /** Its main file, and the folders whose changes restart it, relative to the repository. */
  readonly file: string;
  readonly sources: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Answers with 2xx once the program is up. */
  readonly healthUrl: string;
  /** Receives each line that the program prints. */
  readonly print: (line: string) => void;
}

/** A program as a child process, which is restarted when one of its source files is saved. */
export interface WatchedProcess {
  /** Resolves when the program answers; rejects when it ends before its first answer. */
  readonly answers: Promise<void>;
  readonly close: () => Promise<void>;
}

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

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

const waitUntilHealthy = async ({ name, healthUrl }: Program, child: ChildProcess): Promise<void> => {
  while (!(await isHealthy(healthUrl))) {
    if (hasEnded(child)) throw new Error(`${name} did not start. Fix the error that it printed above.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
};

const start = ({ file, environment, print }: Program): ChildProcess => {
  const child = spawn(process.execPath, [fromRoot(file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  });
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', print);
  return child;
};

/**
 * Calls `act` after files below a folder have changed, or the one file directly in it that `only` names; once for several
 * changes. Returns the function that stops it.
 */
export const watchFiles = (folder: string, act: () => void, only?: string): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: only === undefined }, (_event, name) => {
    if (only !== undefined && name !== only) return;
    clearTimeout(timer);
    timer = setTimeout(act, restartDelayMs);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
};

/** Starts a program and watches its sources. */
export const startWatchedProcess = (program: Program): WatchedProcess => {
  let child = start(program);
  let restarting = Promise.resolve();
  let isClosed = false;
  // Vite ends the process at a SIGTERM, before everything else is closed.
  const endAtExit = (): void => void child.kill('SIGTERM');
  process.once('exit', endAtExit);

  const restart = async (): Promise<void> => {
    await end(child);
    if (isClosed) return;
    child = start(program);
    console.log(`  A file was saved. ${program.name} restarts.`);
  };
  const stops = program.sources.map((folder) =>
    watchFiles(fromRoot(folder), () => {
      restarting = restarting.then(restart);
    }),
  );
  return {
    answers: waitUntilHealthy(program, child),
    close: async () => {
      isClosed = true;
      for (const stop of stops) stop();
      await restarting;
      await end(child);
      process.off('exit', endAtExit);
    },
  };
};
