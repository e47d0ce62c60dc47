import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as requestHttp } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { freePort, tieToThisProcess } from '@foyer/testkit';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const piece = Buffer.alloc(64 * 1024, 7);

/** What became of one upload and one download of the same size; sizes are bytes. */
export interface LargeBodies {
  readonly uploaded: number;
  readonly downloaded: number;
  /** The most memory that the BFF had at any time, before the bodies and after. Linux reports it. */
  readonly before: number;
  readonly peak: number;
  readonly seconds: number;
}

const weigh = async (stream: AsyncIterable<Buffer>): Promise<number> => {
  let weight = 0;
  for await (const chunk of stream) weight += chunk.length;
  return weight;
};

const createBody = (size: number): Readable =>
  Readable.from(
    (function* () {
      for (let sent = 0; sent < size; sent += piece.length) yield piece.subarray(0, size - sent);
    })(),
    { objectMode: false },
  );

/** An upstream that answers how much it was sent, and sends as much. */
const startUpstream = async (size: number) => {
  const server = createServer(async (request, response) => {
    if (request.method === 'PUT') response.end(String(await weigh(request)));
    else await pipeline(createBody(size), response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
};

/** Starts a BFF with little memory; no one signs in, so its provider may be missing. */
const startSmallBff = async (upstream: string, maxBody: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-bodies-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  const port = await freePort();
  const child = tieToThisProcess(
    spawn(process.execPath, ['--max-old-space-size=64', main], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        SPA_DIR: folder,
        OIDC_ISSUER: 'http://127.0.0.1:9',
        OIDC_CLIENT_ID: 'app',
        OIDC_CLIENT_SECRET: 'any-secret',
        SESSION_STORE: 'memory:',
        PORT: String(port),
        PUBLIC_URL: `http://localhost:${port}`,
        API_MAX_BODY: String(maxBody),
        API_ROUTES: JSON.stringify([{ prefix: '/api/large', upstream, auth: 'none' }]),
      },
    }),
  );
  for await (const line of child.stdout) if (String(line).includes('Server listening')) break;
  child.stdout.resume();
  return {
    url: `http://127.0.0.1:${port}/api/large`,
    peak: (): number =>
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    stop: async (): Promise<void> => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};

const upload = async (url: string, size: number): Promise<number> => {
  const asking = requestHttp(url, { method: 'PUT', agent: false, headers: { 'x-csrf': '1' } });
  const answered: Promise<IncomingMessage[]> = once(asking, 'response');
  await pipeline(createBody(size), asking);
  const [answer] = await answered;
  return Number(String(await answer?.toArray()));
};

const download = async (url: string): Promise<number> => {
  const [answer]: IncomingMessage[] = await once(requestHttp(url, { agent: false }).end(), 'response');
  return answer === undefined ? 0 : weigh(answer);
};

/** Passes an upload and then a download of `size` bytes through a BFF with 64 MiB of heap. */
export const passLargeBodies = async (size: number): Promise<LargeBodies> => {
  const { server, url } = await startUpstream(size);
  const bff = await startSmallBff(url, size);
  try {
    const before = bff.peak();
    const start = performance.now();
    const uploaded = await upload(bff.url, size);
    const downloaded = await download(bff.url);
    const seconds = (performance.now() - start) / 1000;
    return { uploaded, downloaded, before, peak: bff.peak(), seconds };
  } finally {
    await bff.stop();
    server.close();
  }
};
