import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openSessionStore } from '@foyer/fastify';
import {
  askRedis,
  findProgram,
  findRedis,
  freePort,
  startRedis,
  startRedisCluster,
  startSentinelRedis,
} from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { blocksIn } from './kit/pages.ts';
import { askWho, startReplicas } from './kit/start-replicas.ts';

const openssl = findProgram(['openssl']);
const isPossible = findRedis() !== undefined && openssl !== undefined;

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  makeCertificates(folder);
  return folder;
};

/** Makes an authority of our own, and a certificate of it for `localhost`. */
const makeCertificates = (folder: string): void => {
  const make = (name: string, ...rest: readonly string[]): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
    execFileSync(openssl ?? '', ['req', '-x509', '-days', '2', ...key, ...files, ...rest], { stdio: 'pipe' });
  };
  make('authority', '-subj', '/CN=An authority of our own');
  const signed = ['-CA', join(folder, 'authority.pem'), '-CAkey', join(folder, 'authority.key')];
  make('server', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', ...signed);
};

/** What production.md gives a user of Redis. */
const [, rights = ''] =
  blocksIn('')
    .map(({ code }) => /^ACL SETUSER foyer on >password (.+)$/m.exec(code))
    .find((found) => found !== null) ?? [];

const tlsArguments = (folder: string): readonly string[] => [
  ...['--tls-auth-clients', 'no', '--tls-ca-cert-file', join(folder, 'authority.pem')],
  ...['--tls-cert-file', join(folder, 'server.pem'), '--tls-key-file', join(folder, 'server.key')],
];

/** What would empty a server, look through it, or change it. */
const forbidden = ['FLUSHALL', 'FLUSHDB', 'KEYS *', 'SCAN 0', 'SWAPDB 0 1', 'CONFIG GET dir', 'GET other'];

const startSecure = async (folder: string) => {
  const port = await freePort();
  const redis = await startRedis({ args: ['--tls-port', `${port}`, ...tlsArguments(folder)] });
  await askRedis(redis.port, `ACL SETUSER foyer on >p@ss ${rights}`);
  onTestFinished(() => redis.close());
  return { redis, url: `rediss://foyer:p%40ss@localhost:${port}/2` };
};

test.runIf(isPossible)(
  'rediss with a private authority, a user of few rights and a database number, from SESSION_STORE_FILE',
  async () => {
    const folder = makeFolder();
    const { redis, url } = await startSecure(folder);
    const file = join(folder, 'store');
    writeFileSync(file, `${url}\n`);
    await using replicas = await startReplicas({
      store: 'sqlite',
      variables: {
        SESSION_STORE: '',
        SESSION_STORE_FILE: file,
        NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
      },
    });
    const cookie = await replicas.signIn();
    expect(await askWho(replicas.all[1], cookie)).toMatchObject({ status: 200, isSignedIn: true });
    expect((await fetch(`${replicas.url}/readyz`)).status).toBe(200);
    expect(await askRedis(redis.port, 'INFO keyspace')).toMatch(/# Keyspace\r\ndb2:keys=\d+/);
    const refused = await askRedis(redis.port, ...forbidden.map((command) => `ACL DRYRUN foyer ${command}`));
    expect(refused.match(/has no permissions/g)).toHaveLength(forbidden.length);
    const stranger = await openSessionStore(url);
    await expect(async () => stranger.check()).rejects.toThrow();
    await stranger.close();
  },
);

/** What a process that trusts the authority counts and checks in the store at this URL. */
const countIn = async (url: string, folder: string): Promise<string> => {
  const program = `
    import { openSessionStore } from '@foyer/fastify';
    const store = await openSessionStore('${url}');
    console.log(await store.count());
    await store.check();
    await store.close();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem') },
  });
  return stdout;
};

test.runIf(isPossible)('rediss+cluster speaks TLS with every node that the cluster names', async () => {
  const folder = makeFolder();
  await using cluster = await startRedisCluster(tlsArguments(folder));
  expect(await countIn(cluster.url, folder)).toBe('0\n');
});

test.runIf(isPossible)(
  'rediss+sentinel speaks TLS with the sentinel and with the server it names',
  async () => {
    const folder = makeFolder();
    await using sentinel = await startSentinelRedis(tlsArguments(folder));
    expect(sentinel.url).toMatch(/^rediss/);
    expect(await countIn(sentinel.url, folder)).toBe('0\n');
  },
);
