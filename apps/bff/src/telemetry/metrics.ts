import type { Observe } from '@foyer/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { figures } from './figures.ts';
import { createSparingCount } from './sparing-count.ts';

/** The figures of one process. */
export interface Metrics {
  readonly observe: Observe;
  /** Answers `GET /metrics` in the Prometheus text format; it does not listen yet. */
  readonly server: FastifyInstance;
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Named<Type> = {
  [Name in keyof typeof figures]: (typeof figures)[Name]['type'] extends Type ? Name : never;
}[keyof typeof figures];

const createFigures = (registry: Registry) => {
  const facts = (name: keyof typeof figures) => ({
    name,
    help: figures[name].help,
    labelNames: [...figures[name].labels],
    registers: [registry],
  });
  const counter = (name: Named<'counter'>): Counter => new Counter(facts(name));
  const gauge = (name: Named<'gauge'>): Gauge => new Gauge(facts(name));
  const histogram = (name: Named<'histogram'>): Histogram => new Histogram({ ...facts(name), buckets });
  return {
    requests: histogram('foyer_http_request_seconds'),
    logins: counter('foyer_logins_total'),
    logouts: counter('foyer_logouts_total'),
    refreshes: counter('foyer_refreshes_total'),
    opened: counter('foyer_sessions_opened_total'),
    ended: counter('foyer_sessions_ended_total'),
    active: gauge('foyer_sessions_active'),
    limited: counter('foyer_rate_limited_total'),
    providerCalls: histogram('foyer_provider_request_seconds'),
    storeCalls: histogram('foyer_store_operation_seconds'),
    upstreamCalls: histogram('foyer_upstream_response_seconds'),
    streams: gauge('foyer_streams_open'),
  };
};

/** The label that distinguishes providers, where there are several. */
const ofProvider = ({ provider }: { readonly provider?: string }): { readonly provider?: string } =>
  provider === undefined ? {} : { provider };

const createObserver =
  (of: ReturnType<typeof createFigures>): Observe =>
  (seen) => {
    switch (seen.kind) {
      case 'request':
        return of.requests.observe(
          { method: seen.method, route: seen.route, status: seen.status },
          seen.seconds,
        );
      case 'login':
        return of.logins.inc({ outcome: seen.outcome, ...ofProvider(seen) });
      case 'logout':
        return of.logouts.inc({ by: seen.by, ...ofProvider(seen) });
      case 'session_opened':
        return of.opened.inc();
      case 'session_ended':
        return of.ended.inc({ reason: seen.reason });
      case 'refresh':
        return of.refreshes.inc({ outcome: seen.outcome, ...ofProvider(seen) });
      case 'rate_limited':
        return of.limited.inc();
      case 'provider_call':
        return of.providerCalls.observe(
          { endpoint: seen.endpoint, status: seen.status, ...ofProvider(seen) },
          seen.seconds,
        );
      case 'store_call': {
        const outcome = seen.hasFailed ? 'failed' : 'succeeded';
        return of.storeCalls.observe({ operation: seen.operation, outcome }, seen.seconds);
      }
      case 'upstream_call':
        return of.upstreamCalls.observe({ prefix: seen.prefix, status: seen.status }, seen.seconds);
      case 'stream':
        return of.streams.inc({ of: seen.of }, seen.change);
    }
  };

const createPrinter = (registry: Registry, active: Gauge, count: () => Promise<number>) => async () => {
  try {
    active.set(await count());
  } catch {
    active.remove(); // The store is down: its failures are counted where they happen.
  }
  return registry.metrics();
};

const createServer = (print: () => Promise<string>): FastifyInstance => {
  const server = Fastify({ requestTimeout: 10_000, forceCloseConnections: true });
  server.get('/metrics', async (_request, reply) =>
    reply
      .headers({ 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' })
      .send(await print()),
  );
  server.setNotFoundHandler(async ({ url }, reply) =>
    /^\/metrics(\?|$)/.test(url)
      ? reply.code(405).send('Ask with GET.\n')
      : reply.code(404).send('Ask for /metrics.\n'),
  );
  return server;
};

/** Creates the figures, those of the process included, and the server that prints them. */
export const createMetrics = (countSessions: () => Promise<number>): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const created = createFigures(registry);
  const print = createPrinter(registry, created.active, createSparingCount(countSessions));
  return { observe: createObserver(created), server: createServer(print) };
};
