import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findProgram, installWithApt } from './programs.ts';
import { tieToThisProcess } from './tied-child.ts';

/** A Redis server of the tests, on a free port and in a folder of its own. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Freezes it: connections stay, nothing is answered. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Ends it at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, with what it has kept. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** How a server of the tests differs from the usual. */
export interface TestRedisOptions {
  /** Whether it keeps its data over a restart. Default `false`. */
  readonly isPersistent?: boolean;
  /** More arguments of the program. */
  readonly args?: readonly string[];
}

/**
 * The path of a Redis or Valkey server of this machine: `REDIS_PATH`, or else the first on `PATH`; `undefined` when it
 * has none.
 */
export const findRedis = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined =>
  environment.REDIS_PATH || findProgram(['redis-server', 'valkey-server'], environment.PATH);

/** The URL of a Redis that is there already, for machines without a program of their own: it can be used, not stopped. */
export const givenRedisUrl: string | undefined = process.env.REDIS_URL;

/** The same program, installed by apt as root on Debian when there is none and no Redis is given. */
export const obtainRedis = (): string | undefined =>
  findRedis() ?? (givenRedisUrl === undefined && installWithApt('redis-server') ? findRedis() : undefined);

const untilReady = async ({ stdout }: ChildProcess): Promise<void> => {
  if (stdout === null) throw new Error('The Redis server has no output.');
  for await (const text of stdout.iterator({ destroyOnReturn: false }))
    if (/Ready to accept/.test(String(text))) break;
  stdout.resume();
};

/** Starts a server. Throws when this machine has none. */
export const startRedis = async ({
  isPersistent = false,
  args = [],
}: TestRedisOptions = {}): Promise<TestRedis> => {
  const program = findRedis();
  if (program === undefined) throw new Error('No redis-server and no valkey-server was found.');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'foyer-redis-'));
  const persistence = isPersistent
    ? ['--appendonly', 'yes', '--appendfsync', 'always']
    : ['--appendonly', 'no'];
  let child: ChildProcess | undefined;
  const restart = async (): Promise<void> => {
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', ...persistence, ...args];
    child = tieToThisProcess(spawn(program, options, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }));
    await untilReady(child);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    child = undefined;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true });
  };
  await restart();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    kill,
    restart,
    close,
    [Symbol.asyncDispose]: close,
  };
};
