import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Metrics } from './metrics.ts';

const answerTo = async (
  { print }: Metrics,
  method: string | undefined,
  path: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> => {
  if (path?.split('?', 1)[0] !== '/metrics') return { status: 404, text: 'Ask for /metrics.\n' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Ask with GET.\n' };
  return { status: 200, text: await print() };
};

/**
 * Serves `GET /metrics` on a listener of its own.
 *
 * @throws the system's error when the port cannot be opened.
 */
export const startMetricsServer = async (metrics: Metrics, host: string, port: number): Promise<Server> => {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    answerTo(metrics, request.method, request.url).then(
      ({ status, text }) => {
        const type = 'text/plain; version=0.0.4; charset=utf-8';
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
};
