import type { Observation, Observe } from '@foyer/fastify';
import Fastify, { type FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { createSparingCount } from './sparing-count.ts';

/** One figure of `/metrics`. */
interface Figure {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The kind of the observations that it is made of, whose members its labels are; none for what is counted when asked. */
  readonly of: Observation['kind'] | undefined;
  readonly labels: readonly string[];
  /** What it means for someone on call. */
  readonly help: string;
}

/** The members of an observation that its series are labelled by. */
type Label<Kind extends Observation['kind']> = Exclude<
  string & keyof Extract<Observation, { readonly kind: Kind }>,
  'kind' | 'seconds' | 'change'
>;

const of =
  (type: Figure['type']) =>
  <Kind extends Observation['kind']>(
    kind: Kind | undefined,
    labels: readonly Label<Kind>[],
    help: string,
  ): Figure => ({ type, of: kind, labels, help });
const [counter, gauge, histogram] = [of('counter'), of('gauge'), of('histogram')];

/** Every figure of ours, under its name. The process's own (`process_*`, `nodejs_*`) come beside them. */
export const figures = {
  foyer_http_request_seconds: histogram(
    'request',
    ['method', 'route', 'status'],
    'Requests that were answered, by the pattern of their route; the time until the last byte',
  ),
  foyer_logins_total: counter(
    'login',
    ['outcome', 'provider'],
    'Logins: started, succeeded, or the code of the problem that the callback ended with',
  ),
  foyer_logouts_total: counter(
    'logout',
    ['by', 'provider'],
    'Sign-outs that the user asked for, and back-channel logouts of the provider',
  ),
  foyer_refreshes_total: counter(
    'refresh',
    ['outcome', 'provider'],
    'Token refreshes: succeeded, refused (the session has ended), failed (provider in trouble, the session stays)',
  ),
  foyer_sessions_opened_total: counter('session_opened', [], 'Sessions that began'),
  foyer_sessions_ended_total: counter(
    'session_ended',
    ['reason'],
    'Sessions that were ended; those that expire unused are not counted',
  ),
  foyer_sessions_active: gauge(
    undefined,
    [],
    'Sessions in the store, the same on every replica; counted again after a hundred times as long as the count took; some may have expired since',
  ),
  foyer_rate_limited_total: counter('rate_limited', [], 'Requests that were refused by RATE_LIMIT_LOGIN'),
  foyer_provider_request_seconds: histogram(
    'provider_call',
    ['endpoint', 'status', 'provider'],
    'Requests to the provider by path; status is failed when there was no answer',
  ),
  foyer_store_operation_seconds: histogram(
    'store_call',
    ['operation', 'outcome'],
    'Operations of the session store, succeeded or failed',
  ),
  foyer_upstream_response_seconds: histogram(
    'upstream_call',
    ['prefix', 'status'],
    'Proxied requests until the upstream began to answer; status is failed when it did not',
  ),
  foyer_streams_open: gauge('stream', ['of'], 'Open event streams of browsers, and WebSockets to APIs'),
};

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const labelsOf = (seen: Observation, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(seen).flatMap(([name, value]) => (names.includes(name) ? [[name, String(value)]] : [])),
  );

/** Adds a figure to the registry; returns what counts an observation of its kind. */
const createFigure = (registry: Registry, name: string, { type, labels, help }: Figure): Observe => {
  const facts = { name, help, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case 'histogram': {
      const histogram = new Histogram({ ...facts, buckets });
      return (seen) => 'seconds' in seen && histogram.observe(labelsOf(seen, labels), seen.seconds);
    }
    case 'counter': {
      const counter = new Counter(facts);
      return (seen) => counter.inc(labelsOf(seen, labels));
    }
    case 'gauge': {
      const gauge = new Gauge(facts);
      return (seen) => 'change' in seen && gauge.inc(labelsOf(seen, labels), seen.change);
    }
  }
};

const addActiveSessions = (registry: Registry, count: () => Promise<number>): void => {
  const active = new Gauge({
    name: 'foyer_sessions_active',
    help: figures.foyer_sessions_active.help,
    registers: [registry],
    collect: async () => {
      try {
        active.set(await count());
      } catch {
        active.remove(); // The store is down: its failures are counted where they happen.
      }
    },
  });
};

const createServer = (registry: Registry): FastifyInstance => {
  const server = Fastify({ requestTimeout: 10_000, forceCloseConnections: true });
  server.get('/metrics', async (_request, reply) =>
    reply
      .headers({ 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' })
      .send(await registry.metrics()),
  );
  server.setNotFoundHandler(async ({ url }, reply) =>
    /^\/metrics(\?|$)/.test(url)
      ? reply.code(405).send('Ask with GET.\n')
      : reply.code(404).send('Ask for /metrics.\n'),
  );
  return server;
};

/** Creates the figures, and the server that prints them with those of the process; it does not listen yet. */
export const createMetrics = (
  countSessions: () => Promise<number>,
): { readonly observe: Observe; readonly server: FastifyInstance } => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observers = new Map(
    Object.entries(figures).flatMap(([name, figure]): readonly [Figure['of'], Observe][] =>
      figure.of === undefined ? [] : [[figure.of, createFigure(registry, name, figure)]],
    ),
  );
  addActiveSessions(registry, createSparingCount(countSessions));
  return { observe: (seen) => observers.get(seen.kind)?.(seen), server: createServer(registry) };
};
