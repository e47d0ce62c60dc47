import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilRedis } from './ask-redis.ts';
import { freePort } from './free-port.ts';
import { findRedis, startRedis, type TestRedis } from './redis.ts';
import { tieToThisProcess } from './tied-child.ts';

/** A Redis server of the tests with a replica, and a sentinel that puts the replica in its place when it dies. */
export interface TestSentinel {
  /** Names a sentinel that is not there, then the one that is. */
  readonly url: string;
  readonly master: TestRedis;
  /** Resolves when the replica has everything that the master was told. */
  readonly replicated: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const name = 'sessions';
const password = 'password-of-the-servers';
const sentinelPassword = 'password-of-the-sentinels';
const auth = `AUTH ${password}`;

const write = (folder: string, port: number, master: TestRedis): string => {
  const file = join(folder, 'sentinel.conf');
  const monitor = [
    `monitor ${name} 127.0.0.1 ${master.port} 1`,
    `auth-pass ${name} ${password}`,
    `down-after-milliseconds ${name} 300`,
    `failover-timeout ${name} 3000`,
  ];
  const own = [`port ${port}`, 'bind 127.0.0.1', `requirepass ${sentinelPassword}`];
  writeFileSync(file, [...own, ...monitor.map((line) => `sentinel ${line}`), ''].join('\n'));
  return file;
};

const startSentinel = async (folder: string, port: number, master: TestRedis): Promise<ChildProcess> => {
  const args = [write(folder, port, master), '--sentinel'];
  const child = tieToThisProcess(spawn(findRedis() ?? '', args, { stdio: 'ignore' }));
  const ask = [`AUTH ${sentinelPassword}`, `SENTINEL REPLICAS ${name}`];
  await untilRedis(port, ask, (answers) => /flags\r\n\$5\r\nslave\r\n/.test(answers));
  return child;
};

/** Starts all three; they know each other when this resolves. */
export const startSentinelRedis = async (): Promise<TestSentinel> => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-sentinel-'));
  const secrets = ['--requirepass', password, '--masterauth', password];
  const delay = ['--repl-diskless-sync-delay', '0'];
  const master = await startRedis({ args: [...secrets, ...delay] });
  const replica = await startRedis({ args: [...secrets, '--replicaof', '127.0.0.1', `${master.port}`] });
  const isLinked = (info: string): boolean => /master_link_status:up/.test(info);
  await untilRedis(replica.port, [auth, 'INFO replication'], isLinked);
  const port = await freePort();
  const sentinel = await startSentinel(folder, port, master);
  const credentials = `default:${password}`;
  return {
    url: `redis+sentinel://${credentials}@127.0.0.1:${await freePort()},127.0.0.1:${port}/${name}/3?sentinelPassword=${sentinelPassword}`,
    master,
    replicated: async () => {
      // A connection waits for its own writes alone.
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
