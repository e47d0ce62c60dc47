import type { Observation, Observe } from '@foyer/fastify';
import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyInstance, FastifyRequest } from 'fastify';

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

const addSpans = (app: FastifyInstance, tracer: Tracer): void => {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const name = `${request.method} ${request.routeOptions.url ?? 'none'}`;
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
    spans.set(request, span);
    const current = trace.setSpan(parent, span);
    // The proxy continues the trace that a request brings: from here on it is this span.
    propagation.inject(current, request.raw.headers);
    context.with(current, done);
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
};

/**
 * Starts a span for every request of the application, and sends all spans where the standard `OTEL_*` variables say. What is
 * observed while a request is answered becomes a child of its span. The spans that remain are sent when the application closes.
 */
export const startTraces = (app: FastifyInstance): Observe => {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'foyer' }).merge(defaultResource()),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  const tracer = trace.getTracer('@foyer/bff');
  addSpans(app, tracer);
  app.addHook('onClose', () => provider.shutdown());
  return (seen) => {
    const description = describe(seen);
    if (description === undefined) return;
    const { name, seconds, hasFailed, attributes } = description;
    const startTime = Date.now() - seconds * 1000;
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes });
    if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
};
