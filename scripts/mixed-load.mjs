import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

// Good clients alone, then among bad ones: pnpm load 10 (seconds of each). Ends with 1 when the good ones' p99 is more
// than three times what it was alone.
const seconds = Number(process.argv[2] ?? 10);
const mostTimes = 3;
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
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < end) {
      const start = performance.now();
      const status = await ask(port, agent);
      if (status !== 200) throw new Error(`A good client was answered ${status}.`);
      latencies.push(performance.now() - start);
      await wait(5);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: goodClients }, client));
  latencies.sort((one, other) => one - other);
  return { requests: latencies.length, p99: latencies[Math.floor(latencies.length * 0.99)] };
};

/** Each kind of bad client: what it sends at once, and what it goes on sending. */
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

/** Starts the bad clients; each that is cut off comes back a moment later. Gives back the way to stop them. */
const startBad = (port) => {
  const sockets = new Set();
  let isOver = false;
  const open = ({ start, drip }) => {
    if (isOver) return;
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
    isOver = true;
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
  const among = await measureGood(port);
  stopBad();
  const times = among.p99 / alone.p99;
  console.log(`alone          ${alone.requests} requests, p99 ${alone.p99.toFixed(2)} ms`);
  console.log(`among bad ones ${among.requests} requests, p99 ${among.p99.toFixed(2)} ms`);
  console.log(`${times.toFixed(2)} times; at most ${mostTimes} are allowed`);
  process.exitCode = times <= mostTimes ? 0 : 1;
} finally {
  bff.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true });
}
