import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '..');

const startTimeoutMs = 60_000;

/** Runs a program to its end. @throws Error with what it printed, when it fails. */
export const run = (program, args, cwd = root) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${stderr ?? 'not found'}${stdout ?? ''}`.trim());
};

/** Starts a program, and collects the lines that it prints. */
export const startProcess = (command, environment, cwd) => {
  const child = spawn(command[0], command.slice(1), { cwd, env: { ...process.env, ...environment } });
  const lines = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const failed = once(child, 'error').then(([error]) => lines.push(error.message));
  failed.catch(() => undefined);
  return {
    lines,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill('SIGTERM');
      await Promise.race([once(child, 'exit'), wait(3000).then(() => child.kill('SIGKILL'))]);
    },
  };
};

/** Repeats a question until there is an answer. @throws Error after a minute. */
export const until = async (what, find) => {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await wait(100);
  }
  throw new Error(`${what} did not start`);
};

/** Whether a URL is answered with 2xx, within two seconds. */
export const answers = (url) =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
