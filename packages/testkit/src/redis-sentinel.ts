import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilRedis } from './ask-redis.ts';
import { freePort } from './free-port.ts';
import { findRedis, startRedis, type TestRedis } from './redis.ts';
import { tieToThisProcess } from './tied-child.ts';

/** A Redis server for tests with a replica, and a sentinel that promotes the replica when the server fails. */
export interface TestSentinel {
  /** Names a sentinel that does not run, then the one that does. */
  readonly url: string;
  readonly master: TestRedis;
  /** Resolves when the replica has received every write of the master. */
  readonly replicated: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const name = 'sessions';
const password = 'password-of-the-servers';
const sentinelPassword = 'password-of-the-sentinels';
const auth = `AUTH ${password}`;

/** A server, and the port at which the other processes connect to it. */
interface StartedServer {
  readonly redis: TestRedis;
  readonly port: number;
}

/** The arguments with which a server or a sentinel listens with TLS, too, at this port. */
const secure = (tls: readonly string[] | undefined, port: number): readonly string[] =>
  tls === undefined ? [] : ['--tls-port', `${port}`, '--tls-replication', 'yes', ...tls];

const startServer = async (
  tls: readonly string[] | undefined,
  args: readonly string[],
): Promise<StartedServer> => {
  const tlsPort = await freePort();
  const redis = await startRedis({ args: [...args, ...secure(tls, tlsPort)] });
  return { redis, port: tls === undefined ? redis.port : tlsPort };
};

/** Converts command-line arguments to lines of a configuration file. */
const linesOf = (args: readonly string[]): readonly string[] =>
  args
    .join(' ')
    .split(' --')
    .map((line) => line.replace(/^--/, ''));

/** Where a sentinel listens, what it watches, and more arguments for it. */
interface SentinelSettings {
  readonly port: number;
  readonly master: StartedServer;
  readonly extra: readonly string[];
}

const write = (folder: string, { port, master, extra }: SentinelSettings): string => {
  const file = join(folder, 'sentinel.conf');
  const monitor = [
    `monitor ${name} 127.0.0.1 ${master.port} 1`,
    `auth-pass ${name} ${password}`,
    `down-after-milliseconds ${name} 300`,
    `failover-timeout ${name} 3000`,
  ];
  const own = [`port ${port}`, 'bind 127.0.0.1', `requirepass ${sentinelPassword}`];
  writeFileSync(
    file,
    [...own, ...linesOf(extra), ...monitor.map((line) => `sentinel ${line}`), ''].join('\n'),
  );
  return file;
};

const startSentinel = async (folder: string, settings: SentinelSettings): Promise<ChildProcess> => {
  const args = [write(folder, settings), '--sentinel'];
  const child = tieToThisProcess(spawn(findRedis() ?? '', args, { stdio: 'ignore' }));
  const ask = [`AUTH ${sentinelPassword}`, `SENTINEL REPLICAS ${name}`];
  await untilRedis(settings.port, ask, (answers) => /flags\r\n\$5\r\nslave\r\n/.test(answers));
  return child;
};

/**
 * Starts the server, the replica and the sentinel, with TLS when `tls` has the arguments for it. They are connected to each
 * other when this resolves.
 */
export const startSentinelRedis = async (tls?: readonly string[]): Promise<TestSentinel> => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-sentinel-'));
  const secrets = ['--requirepass', password, '--masterauth', password];
  const delay = ['--repl-diskless-sync-delay', '0'];
  const first = await startServer(tls, [...secrets, ...delay]);
  const second = await startServer(tls, [...secrets, '--replicaof', '127.0.0.1', `${first.port}`]);
  const [{ redis: master }, { redis: replica }] = [first, second];
  const isLinked = (info: string): boolean => /master_link_status:up/.test(info);
  await untilRedis(replica.port, [auth, 'INFO replication'], isLinked);
  const [port, tlsPort] = [await freePort(), await freePort()];
  const sentinel = await startSentinel(folder, {
    port,
    master: first,
    extra: secure(tls, tlsPort),
  });
  const [scheme, known] = tls === undefined ? ['redis', port] : ['rediss', tlsPort];
  const credentials = `default:${password}`;
  return {
    url: `${scheme}+sentinel://${credentials}@127.0.0.1:${await freePort()},127.0.0.1:${known}/${name}/3?sentinelPassword=${sentinelPassword}`,
    master,
    replicated: async () => {
      // WAIT covers only the writes of its own connection, so this one writes something first.
      const ask = [auth, 'SET replicated yes PX 1000', 'WAIT 1 500'];
      await untilRedis(master.port, ask, (answers) => answers.includes(':1'));
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(sentinel, 'exit');
      sentinel.kill('SIGKILL');
      await Promise.all([ended, master.close(), replica.close()]);
      rmSync(folder, { recursive: true });
    },
  };
};
