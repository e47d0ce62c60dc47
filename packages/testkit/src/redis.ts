import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findProgram, installWithApt } from './programs.ts';
import { tieToThisProcess } from './tied-child.ts';

/** A Redis server for tests, on a free port and in its own folder. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Stops the process without ending it: connections stay open and get no answers. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Kills the process, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts the server again on the same port, with the data that it persisted. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Options of `startRedis`. */
export interface TestRedisOptions {
  /** Whether its data survive a restart. Default `false`. */
  readonly isPersistent?: boolean;
  /** Further command-line arguments. */
  readonly args?: readonly string[];
}

/**
 * The path of a Redis or Valkey server on this machine: `REDIS_PATH`, or else the first on `PATH`; `undefined` when there
 * is none.
 */
export const findRedis = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined =>
  environment.REDIS_PATH || findProgram(['redis-server', 'valkey-server'], environment.PATH);

/** The URL of a running Redis, for machines without a server program. Tests can use it but not stop it. */
export const givenRedisUrl: string | undefined = process.env.REDIS_URL;

/** Finds the server program. Installs it, with apt as root on Debian, when there is none and `REDIS_URL` is not set. */
export const obtainRedis = (): string | undefined =>
  findRedis() ?? (givenRedisUrl === undefined && installWithApt('redis-server') ? findRedis() : undefined);

const untilReady = async ({ stdout }: ChildProcess): Promise<void> => {
  if (stdout === null) throw new Error('The Redis server has no output.');
  for await (const text of stdout.iterator({ destroyOnReturn: false }))
    if (/Ready to accept/.test(String(text))) break;
  stdout.resume();
};

/** Starts a Redis server. Throws when this machine has no server program. */
export const startRedis = async ({
  isPersistent = false,
  args = [],
}: TestRedisOptions = {}): Promise<TestRedis> => {
  const program = findRedis();
  if (program === undefined)
    throw new Error(
      'No redis-server or valkey-server was found. Install one, or set REDIS_PATH to its program.',
    );
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
