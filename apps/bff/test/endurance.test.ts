import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDevProvider } from '@foyer/dev-provider';
import { connectRaw, freePort, tieToThisProcess } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startEndlessUpstream, takeSignedInTour } from './kit/signed-in-tour.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const addressOf = (server: Server): string => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
};

/** A provider whose access tokens are soon about to expire, and an API whose calls refresh them. */
const startNeighbours = async (publicUrl: string) => {
  const provider = await startDevProvider({ publicUrls: [publicUrl], ttl: { accessToken: 1 } });
  const upstream = await startEndlessUpstream();
  let refreshes = 0;
  provider.provider.on('grant.success', ({ oidc }) => {
    if (oidc.params?.grant_type === 'refresh_token') refreshes += 1;
  });
  onTestFinished(async () => {
    upstream.closeAllConnections();
    upstream.close();
    await provider.close();
  });
  return { provider, upstream: addressOf(upstream), countRefreshes: () => refreshes };
};

const startSmall = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-endurance-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { provider, upstream, countRefreshes } = await startNeighbours(url);
  const child = tieToThisProcess(
    spawn(process.execPath, ['--max-old-space-size=64', '--max-semi-space-size=1', main], {
      cwd: folder,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        SPA_DIR: folder,
        OIDC_ISSUER: provider.issuer,
        OIDC_CLIENT_ID: provider.clientId,
        OIDC_CLIENT_SECRET: provider.clientSecret,
        OIDC_SCOPE: 'openid offline_access',
        API_ROUTES: JSON.stringify([
          { prefix: '/api/things', upstream },
          { prefix: '/api/trouble', upstream, auth: 'none', timeout: 0.1 },
        ]),
        PORT: String(port),
        PUBLIC_URL: url,
        RATE_LIMIT_LOGIN: '0',
        LOG_LEVEL: 'warn',
      },
    }),
  );
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true });
  });
  const { pid = 0 } = child;
  return {
    url,
    port,
    countRefreshes,
    countDescriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    /** MiB that are resident. */
    readMemory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  };
};

/** How long the memory is watched: `ENDURANCE_ROUNDS=2500` is ten to twenty minutes. */
const rounds = Number(process.env.ENDURANCE_ROUNDS ?? 8);

/** Rounds before the memory is watched. */
const warmUp = 8;

/** MiB: in a long run the caches that remember a thousand sessions fill up first. */
const mayGrow = 12 + Math.min(rounds / 20, 24);

const host = 'Host: localhost\r\n';
const closing = `${host}Connection: close\r\n`;

/** Good and bad requests. */
const mixture = [
  `GET / HTTP/1.1\r\n${closing}\r\n`,
  `GET /api/me HTTP/1.1\r\n${closing}Cookie: foyer-1=${'x'.repeat(4000)}\r\n\r\n`,
  `GET /login?returnTo=/${'x'.repeat(1000)} HTTP/1.1\r\n${closing}\r\n`,
  `GET /login/callback?code=a&state=${'y'.repeat(2000)} HTTP/1.1\r\n${closing}\r\n`,
  `POST /logout HTTP/1.1\r\n${closing}X-CSRF: 1\r\nContent-Length: 65000\r\n\r\n${'z'.repeat(65_000)}`,
  `POST /logout/backchannel HTTP/1.1\r\n${closing}Content-Length: 3\r\n\r\na=b`,
  `GET /api/me HTTP/1.1\r\n${host}Cookie: ${'a'.repeat(100_000)}\r\n\r\n`,
  'nonsense\r\n\r\n',
];

/** Calls of an API in trouble; on a busy machine any of them may be too late. */
const troubled = [
  ...['reset', 'nonsense', 'half', 'silent'].map(
    (path) => `GET /api/trouble/${path} HTTP/1.1\r\n${closing}\r\n`,
  ),
  `POST /api/trouble/silent HTTP/1.1\r\n${closing}X-CSRF: 1\r\nContent-Length: 65000\r\n\r\n${'z'.repeat(65_000)}`,
];
const trouble = /^HTTP\/1\.1 (200|502|504) /;

/** Left by the client half way. */
const unfinished = [
  '',
  `GET /api/trouble/silent HTTP/1.1\r\n${host}\r\n`,
  `POST /api/trouble/silent HTTP/1.1\r\n${host}X-CSRF: 1\r\nContent-Length: 60000\r\n\r\nabc`,
  `GET /api/me HTTP/1.1\r\n${host}X: `,
  `POST /logout HTTP/1.1\r\n${host}X-CSRF: 1\r\nContent-Length: 60000\r\n\r\nabc`,
];

type Small = Pick<Awaited<ReturnType<typeof startSmall>>, 'url' | 'port' | 'countRefreshes'>;

const ask = async (port: number, text: string): Promise<string> => {
  using connection = connectRaw(port);
  connection.send(text);
  return await connection.closed;
};

const runRound = async ({ url, port, countRefreshes }: Small): Promise<void> => {
  const before = countRefreshes();
  for (let turn = 0; turn < 6; turn += 1) {
    const left = unfinished.map((text) => {
      const connection = connectRaw(port);
      connection.send(text);
      return connection;
    });
    await Promise.all([
      ...(turn === 0 ? [takeSignedInTour(url, () => countRefreshes() > before)] : []),
      ...(turn === 3 ? [takeSignedInTour(url)] : []),
      ...mixture.map((text) => ask(port, text)),
      ...(turn % 3 === 0 ? troubled : []).map(async (text) => {
        expect(await ask(port, text)).toMatch(trouble);
      }),
    ]);
    for (const connection of left) connection[Symbol.dispose]();
  }
};

test.runIf(process.platform === 'linux')(
  'mixed traffic and troubled APIs leave neither memory nor file descriptors behind, in 64 MiB of heap',
  async () => {
    const small = await startSmall();
    const { url, countRefreshes, countDescriptors, readMemory } = small;
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ status }) => status,
        () => 0, // The server does not listen yet.
      );
    await expect.poll(isReady, { timeout: 15_000 }).toBe(200);
    // Until then a process compiles its code, and its heap takes the size that it keeps.
    for (let round = 0; round < warmUp; round += 1) await runRound(small);
    const [descriptors, memory] = [countDescriptors(), readMemory()];
    for (let round = 0; round < rounds; round += 1) await runRound(small);
    await expect.poll(countDescriptors, { timeout: 5000 }).toBeLessThanOrEqual(descriptors + 2);
    expect(readMemory()).toBeLessThan(memory + mayGrow);
    expect(countRefreshes()).toBeGreaterThanOrEqual(warmUp + rounds);
    expect(await isReady()).toBe(200);
  },
  60_000 + rounds * 10_000,
);
