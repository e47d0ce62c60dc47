import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

// Measures well-behaved clients alone, then together with misbehaving ones: pnpm load 10 (seconds for each measurement).
// The exit code is 1 when the p99 of the well-behaved clients is more than three times as long as alone.
const measureSeconds = Number(process.argv[2] ?? 10);
const maxSlowdown = 3;
const goodClients = 8;

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
};

const ask = (port, agent, path = '/api/me') =>
  new Promise((resolve, reject) => {
    const sent = get(
      { port, host: '127.0.0.1', path, agent, headers: { host: `localhost:${port}` } },
      (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      },
    );
    sent.once('error', reject);
  });

const isReady = (port) =>
  ask(port, undefined, '/healthz').then(
    () => true,
    () => false,
  );

const measureGood = async (port) => {
  const latencies = [];
  const end = performance.now() + measureSeconds * 1000;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < end) {
      const start = performance.now();
      const status = await ask(port, agent);
      if (status !== 200) throw new Error(`A well-behaved client got status ${status}.`);
      latencies.push(performance.now() - start);
      await wait(5);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: goodClients }, client));
  latencies.sort((one, other) => one - other);
  return { requests: latencies.length, p99: latencies[Math.floor(latencies.length * 0.99)] };
};

/** Each kind of misbehaving client: what it sends first, and what it sends every half second after that. */
const kinds = [
  { name: 'silent', count: 100, start: '', drip: '' },
  { name: 'slow headers', count: 100, start: 'GET / HTTP/1.1\r\nHost: x\r\nX: ', drip: 'a' },
  {
    name: 'slow bodies',
    count: 100,
    start: 'POST /logout HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nContent-Length: 60000\r\n\r\n',
    drip: 'a',
  },
  { name: 'no HTTP', count: 5, start: 'nonsense\r\n\r\n', drip: '' },
  {
    name: 'a megabyte of cookie',
    count: 2,
    start: `GET / HTTP/1.1\r\nCookie: ${'a'.repeat(1e6)}\r\n\r\n`,
    drip: '',
  },
  {
    name: 'floods on /login',
    count: 5,
    start: 'GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    drip: '',
  },
];

/** Starts the misbehaving clients, each of which reconnects when it is disconnected. Returns the function that stops them. */
const startBad = (port) => {
  const sockets = new Set();
  let isStopped = false;
  const open = ({ start, drip }) => {
    if (isStopped) return;
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    const timer = drip === '' ? undefined : setInterval(() => socket.write(drip), 500);
    socket.on('error', () => undefined).resume();
    socket.once('connect', () => socket.write(start));
    socket.once('close', () => {
      clearInterval(timer);
      sockets.delete(socket);
      setTimeout(open, 100, { start, drip });
    });
  };
  for (const kind of kinds) for (let count = 0; count < kind.count; count += 1) open(kind);
  return () => {
    isStopped = true;
    for (const socket of sockets) socket.destroy();
  };
};

const folder = mkdtempSync(join(tmpdir(), 'foyer-load-'));
writeFileSync(join(folder, 'index.html'), '<!doctype html>');
const port = await freePort();
const bff = spawn(process.execPath, [join(import.meta.dirname, '../apps/bff/src/main.ts')], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    ...process.env,
    SPA_DIR: folder,
    SESSION_STORE: 'memory:',
    LOG_LEVEL: 'error',
    OIDC_ISSUER: 'http://127.0.0.1:9',
    OIDC_CLIENT_ID: 'load',
    OIDC_CLIENT_SECRET: 'load-secret',
    PORT: String(port),
    PUBLIC_URL: `http://localhost:${port}`,
  },
});
const ended = once(bff, 'exit');
try {
  while (!(await isReady(port))) {
    if (bff.exitCode !== null) throw new Error('The BFF did not start.');
    await wait(50);
  }
  await measureGood(port);
  const alone = await measureGood(port);
  const stopBad = startBad(port);
  await wait(500);
  const together = await measureGood(port);
  stopBad();
  const slowdown = together.p99 / alone.p99;
  console.log(`alone                    ${alone.requests} requests, p99 ${alone.p99.toFixed(2)} ms`);
  console.log(`with misbehaving clients ${together.requests} requests, p99 ${together.p99.toFixed(2)} ms`);
  console.log(`${slowdown.toFixed(2)} times as long; at most ${maxSlowdown} are allowed`);
  process.exitCode = slowdown <= maxSlowdown ? 0 : 1;
} finally {
  bff.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true });
}
