import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DevProvider, type DevProviderLifetimes, startDevProvider } from '@foyer/dev-provider';
import type { RouteToken } from '@foyer/fastify';
import {
  createBrowser,
  findRedis,
  freePort,
  givenRedisUrl,
  startRedis,
  type TestRedis,
  tieToThisProcess,
} from '@foyer/testkit';
import { createSessionKey } from './keys.ts';

const source = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** One process of the BFF. */
export interface Replica {
  /** Where it listens: the same site as the others, at a port of its own. */
  readonly url: string;
  readonly child: () => ChildProcess;
  /** Everything it has written. */
  readonly output: () => string;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly kill: () => Promise<void>;
  /** Starts it again, with these variables changed from now on. */
  readonly restart: (changed?: Readonly<Record<string, string>>) => Promise<void>;
}

/** Several processes of the BFF on one store, beside a real provider. */
export interface Replicas {
  /** The public URL: that of the first, or of the balancer. */
  readonly url: string;
  readonly all: readonly [Replica, Replica];
  readonly provider: DevProvider;
  /** Stops listening, so that no request is answered any more; `startProvider` begins again on the same port. */
  readonly redis: TestRedis | undefined;
  /** Signs a demo person in through the first process; returns the cookie header. */
  readonly signIn: () => Promise<string>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** What a test wants of its replicas. */
export interface ReplicaOptions {
  readonly store: 'sqlite' | 'redis';
  readonly isPersistent?: boolean;
  readonly ttl?: DevProviderLifetimes;
  /** Where the provider listens, when something that calls itself `issuer` stands in front of it. */
  readonly provider?: { readonly port: number; readonly issuer: string };
  readonly apiUpstream?: string;
  /** The access tokens that the upstream is sent: at `/api/things`, `/api/things1` and so on. Default: the session's. */
  readonly apiTokens?: readonly RouteToken[];
  /** Port of a balancer, which the public URL then names. */
  readonly balancerPort?: number;
  readonly variables?: Readonly<Record<string, string>>;
  /** What is run instead of the source. */
  readonly main?: string | undefined;
}

const untilListening = async (child: ChildProcess, output: () => string): Promise<void> => {
  while (!output().includes('Server listening')) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The BFF did not start:\n${output()}`);
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  }
};

const startReplica = async (
  main: string,
  port: number,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Replica> => {
  let text = '';
  let child: ChildProcess;
  let variables = env;
  const start = async (changed: Readonly<Record<string, string>> = {}): Promise<void> => {
    text = '';
    variables = { ...variables, ...changed };
    child = tieToThisProcess(
      spawn(process.execPath, [main], { cwd: folder, env: { ...variables, PORT: String(port) } }),
    );
    const collect = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    await untilListening(child, () => text);
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    child: () => child,
    output: () => text,
    signal: (name) => child.kill(name),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    restart: start,
  };
};

const createRoutes = (upstream: string, tokens: readonly RouteToken[] = ['session']): readonly object[] =>
  tokens.map((token, at) => ({ prefix: `/api/things${at || ''}`, upstream, token }));

/** Starts two processes with these options at once, each on a free port. */
export const startReplicas = async (options: ReplicaOptions): Promise<Replicas> => {
  const ports = [await freePort(), await freePort()] as const;
  const url = `http://127.0.0.1:${options.balancerPort ?? ports[0]}`;
  const folder = mkdtempSync(join(tmpdir(), 'foyer-replicas-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>A page</title>');
  const redis =
    options.store === 'redis' && findRedis() !== undefined
      ? await startRedis({ isPersistent: options.isPersistent ?? false })
      : undefined;
  const provider = await startDevProvider({
    publicUrls: [url],
    ...options.provider,
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
  });
  const env = {
    PATH: process.env.PATH,
    PUBLIC_URL: url,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_SCOPE: 'openid profile offline_access',
    SESSION_KEYS: createSessionKey(),
    SESSION_STORE:
      redis?.url ??
      (options.store === 'redis' ? givenRedisUrl : undefined) ??
      `sqlite:${join(folder, 'sessions.db')}`,
    SPA_DIR: folder,
    RATE_LIMIT_LOGIN: '0',
    ...(options.apiUpstream === undefined
      ? {}
      : { API_ROUTES: JSON.stringify(createRoutes(options.apiUpstream, options.apiTokens)) }),
    ...options.variables,
  };
  const { main = source } = options;
  const all = await Promise.all([
    startReplica(main, ports[0], folder, env),
    startReplica(main, ports[1], folder, env),
  ]);
  return {
    url,
    all,
    provider,
    redis,
    signIn: async () => {
      const browser = createBrowser();
      await browser.visit(`${url}/login`, { from: `${url}/` });
      await browser.submit({ button: 'Ada Lovelace' });
      return browser
        .cookies(url)
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
    },
    [Symbol.asyncDispose]: async () => {
      redis?.resume();
      for (const replica of all) await replica.kill();
      await provider.close();
      await redis?.close();
      rmSync(folder, { recursive: true });
    },
  };
};

/** What `/api/me` says to this cookie at this process: its status, whether somebody is signed in, and its cookies. */
export const askWho = async (
  { url }: Pick<Replica, 'url'>,
  cookie: string,
): Promise<{
  readonly status: number;
  readonly isSignedIn: boolean;
  readonly setCookie: readonly string[];
}> => {
  const answer = await fetch(`${url}/api/me`, { headers: { cookie } });
  const body: unknown = await answer.json();
  const isSignedIn =
    typeof body === 'object' && body !== null && 'authenticated' in body && body.authenticated === true;
  return { status: answer.status, isSignedIn, setCookie: answer.headers.getSetCookie() };
};
