import type { Observation, Observe } from '@foyer/fastify';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Traces of one process, sent where the standard `OTEL_*` variables say. */
export interface Traces {
  readonly observe: Observe;
  /** Starts a span for every request of the application; calls made for the request become its child spans. */
  readonly addTo: (app: FastifyInstance) => void;
  /** Sends the remaining spans and stops. */
  readonly stop: () => Promise<void>;
}

const parentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The context that a request brought, by its `traceparent`. @see W3C Trace Context section 3.2 */
const parentOf = ({ headers }: FastifyRequest): ReturnType<typeof context.active> => {
  const found = parentPattern.exec(String(headers.traceparent ?? ''));
  const [, traceId, spanId, flags] = found ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return context.active();
  const remote = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return trace.setSpanContext(context.active(), remote);
};

const printParent = (span: Span): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`;
};

/** The name, attributes and outcome of a span; `undefined` for an observation without a span. */
const describe = (
  seen: Observation,
):
  | { name: string; seconds: number; hasFailed: boolean; attributes: Record<string, string | number> }
  | undefined => {
  switch (seen.kind) {
    case 'provider_call':
      return {
        name: `provider ${seen.endpoint}`,
        seconds: seen.seconds,
        hasFailed: seen.status === 'failed' || seen.status >= 500,
        attributes: { 'url.path': seen.endpoint, 'http.response.status_code': seen.status },
      };
    case 'store_call':
      return {
        name: `store ${seen.operation}`,
        seconds: seen.seconds,
        hasFailed: seen.hasFailed,
        attributes: { 'db.operation.name': seen.operation },
      };
    case 'upstream_call':
      return {
        name: `upstream ${seen.prefix}`,
        seconds: seen.seconds,
        hasFailed: seen.status === 'failed' || seen.status >= 500,
        attributes: { 'url.template': seen.prefix, 'http.response.status_code': seen.status },
      };
    default:
      return undefined;
  }
};

/** Starts the tracing of this process. */
export const startTraces = (): Traces => {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'foyer' }).merge(defaultResource()),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const tracer = trace.getTracer('@foyer/bff');
  const spans = new WeakMap<FastifyRequest, Span>();
  return {
    observe: (seen) => {
      const description = describe(seen);
      if (description === undefined) return;
      const { name, seconds, hasFailed, attributes } = description;
      const startTime = Date.now() - seconds * 1000;
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes });
      if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
    addTo: (app) => {
      app.addHook('onRequest', (request, _reply, done) => {
        const parent = parentOf(request);
        const name = `${request.method} ${request.routeOptions.url ?? 'none'}`;
        const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
        spans.set(request, span);
        // The proxy continues the trace that a request brings: from here on it is this span.
        request.raw.headers.traceparent = printParent(span);
        context.with(trace.setSpan(parent, span), done);
      });
      app.addHook('onResponse', (request, reply, done) => {
        const span = spans.get(request);
        span?.setAttributes({
          'http.request.method': request.method,
          'http.route': request.routeOptions.url ?? 'none',
          'http.response.status_code': reply.statusCode,
          'foyer.request_id': request.id,
        });
        if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
        span?.end();
        done();
      });
    },
    stop: () => provider.shutdown(),
  };
};
