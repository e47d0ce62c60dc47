import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectRaw, freePort } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A provider of which only the metadata is ever asked for. */
const startMetadata = async (): Promise<string> => {
  const server = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
};

const startSmall = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-endurance-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  const port = await freePort();
  const child = spawn(process.execPath, ['--max-old-space-size=64', '--max-semi-space-size=1', main], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      SPA_DIR: folder,
      OIDC_ISSUER: await startMetadata(),
      OIDC_CLIENT_ID: 'app',
      OIDC_CLIENT_SECRET: 'any-secret',
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      RATE_LIMIT_LOGIN: '0',
      LOG_LEVEL: 'warn',
    },
  });
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
    port,
    countDescriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    /** MiB that are resident. */
    readMemory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  };
};

const host = 'Host: localhost\r\n';
const closing = `${host}Connection: close\r\n`;

/** Good and bad requests; those that are never finished are left by the client. */
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
const unfinished = [
  '',
  `GET /api/me HTTP/1.1\r\n${host}X: `,
  `POST /logout HTTP/1.1\r\n${host}X-CSRF: 1\r\nContent-Length: 60000\r\n\r\nabc`,
];

const runRound = async (port: number): Promise<void> => {
  for (let turn = 0; turn < 12; turn += 1) {
    const left = unfinished.map((text) => {
      const connection = connectRaw(port);
      connection.send(text);
      return connection;
    });
    await Promise.all(
      mixture.map(async (text) => {
        using connection = connectRaw(port);
        connection.send(text);
        await connection.closed;
      }),
    );
    for (const connection of left) connection[Symbol.dispose]();
  }
};

test.runIf(process.platform === 'linux')(
  'mixed traffic leaves neither memory nor file descriptors behind, in 64 MiB of heap',
  async () => {
    const { port, countDescriptors, readMemory } = await startSmall();
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ status }) => status,
        () => 0, // Nobody listens yet.
      );
    await expect.poll(isReady, { timeout: 15_000 }).toBe(200);
    for (let round = 0; round < 4; round += 1) await runRound(port);
    const [descriptors, memory] = [countDescriptors(), readMemory()];
    for (let round = 0; round < 8; round += 1) await runRound(port);
    await expect.poll(countDescriptors, { timeout: 5000 }).toBeLessThanOrEqual(descriptors + 2);
    expect(readMemory()).toBeLessThan(memory + 12);
    expect(await isReady()).toBe(200);
  },
  60_000,
);
