import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A server under measurement: a process of its own, pinned to the first core. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startedIn: number;
  /** CPU microseconds and resident bytes, by the server's own account. */
  readonly usage: () => Promise<Usage>;
  readonly ask: (question: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** What a process has used so far. */
interface Usage {
  readonly cpu: number;
  readonly rss: number;
}

/** How to run one. It starts in an empty directory of its own. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly port: number;
  readonly readyPath: string;
  readonly arguments?: readonly string[];
  /** Of Node. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const meter = fileURLToPath(new URL('./meter.mjs', import.meta.url));

const isUsage = (value: unknown): value is Usage =>
  typeof value === 'object' && value !== null && 'cpu' in value && 'rss' in value;

const waitForAnswer = async (url: string, child: ChildProcess, log: string): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The server has stopped:\n${readFileSync(log, 'utf8')}`);
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer !== undefined && answer.status < 500) return;
    await sleep(2);
  }
};

/** Starts a program on a free port and waits until it answers; its log goes to a file, which goes with it. */
export const startSubject = async (program: Program): Promise<Subject> => {
  const { name, port, file, readyPath, flags = [], environment = {} } = program;
  const url = `http://localhost:${port}`;
  const directory = mkdtempSync(join(tmpdir(), 'foyer-bench-'));
  const log = join(directory, 'log');
  const output = openSync(log, 'a');
  const node = [process.execPath, ...flags, '--import', meter];
  const command = ['-c', '0', ...node, file, ...(program.arguments ?? [])];
  const started = performance.now();
  const child = spawn('taskset', command, {
    stdio: ['ignore', output, output, 'ipc'],
    cwd: directory,
    env: { PATH: '/usr/bin:/bin', ...environment },
  });
  closeSync(output);
  await waitForAnswer(`http://127.0.0.1:${port}${readyPath}`, child, log);
  const startedIn = performance.now() - started;
  const ask = async (question: string): Promise<unknown> => {
    child.send(question);
    const [answer] = await once(child, 'message');
    return answer;
  };
  return {
    name,
    port,
    url,
    startedIn,
    ask,
    usage: async () => {
      const answer = await ask('usage');
      if (!isUsage(answer)) throw new TypeError(`${name} did not report what it has used`);
      return answer;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
};
