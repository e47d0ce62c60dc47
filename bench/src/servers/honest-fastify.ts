import Fastify from 'fastify';
import { listen, readSettings } from './listen.ts';

const settings = readSettings();
const answer: unknown = JSON.parse(settings.answer);
const headers: Record<string, string> = JSON.parse(settings.headers);

// The same headers and the same log line as the product, each by Fastify's and pino's own way.
const app = Fastify({
  logger: { level: 'info', base: null },
  disableRequestLogging: true,
  requestIdLogLabel: 'requestId',
  genReqId: () => crypto.randomUUID(),
});
app.addHook('onResponse', async (request, reply) => {
  const { method, routeOptions } = request;
  const duration = Math.round(reply.elapsedTime * 100) / 100;
  request.log.info({ method, route: routeOptions.url, status: reply.statusCode, duration }, 'request');
});
app.get('/api/me', async (request, reply) =>
  reply.headers(headers).header('x-request-id', request.id).send(answer),
);
await listen(app, settings);
