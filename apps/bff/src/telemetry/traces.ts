import type { Observation, Observe } from '@foyer/fastify';
import {
  type Attributes,
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

type Call = Extract<Observation, { readonly kind: 'provider_call' | 'store_call' | 'upstream_call' }>;

const isCall = (seen: Observation): seen is Call => /^(provider|store|upstream)_call$/.test(seen.kind);

const hasFailed = (call: Call): boolean =>
  call.kind === 'store_call' ? call.outcome === 'failed' : call.status === 'failed' || call.status >= 500;

const nameCall = (call: Call): { readonly name: string; readonly attributes: Attributes } => {
  if (call.kind === 'store_call')
    return { name: `store ${call.operation}`, attributes: { 'db.operation.name': call.operation } };
  const status = { 'http.response.status_code': call.status };
  return call.kind === 'provider_call'
    ? { name: `provider ${call.endpoint}`, attributes: { 'url.path': call.endpoint, ...status } }
    : { name: `upstream ${call.prefix}`, attributes: { 'url.template': call.prefix, ...status } };
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
 * Starts a span for every request of the application, and sends all spans where the standard `OTEL_*` variables say. Calls
 * that are observed while a request is answered become children of its span.
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
    if (!isCall(seen)) return;
    const startTime = Date.now() - seen.seconds * 1000;
    const { name, attributes } = nameCall(seen);
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes });
    if (hasFailed(seen)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
};
