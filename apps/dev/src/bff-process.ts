import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The BFF as a process of its own that starts anew when a file of it is saved. */
export interface BffProcess {
  /** Resolves when it answers; rejects when the process ends before. */
  readonly answers: Promise<void>;
  readonly close: () => Promise<void>;
}

const entry = fileURLToPath(new URL('../../bff/src/main.ts', import.meta.url));

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false; // Not listening yet: asked again.
  }
};

const waitUntilHealthy = async (url: string, child: ChildProcess): Promise<void> => {
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('The BFF did not start.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Starts the BFF with these variables on top of this process's own. `port` is where it listens. */
export const startBffProcess = (port: number, variables: Readonly<Record<string, string>>): BffProcess => {
  const child = spawn(process.execPath, ['--watch', '--watch-preserve-output', entry], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...variables },
  });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return { answers: waitUntilHealthy(`http://127.0.0.1:${port}/healthz`, child), close };
};
