import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** Takes what an exporter sends, as JSON. @see OTLP section on OTLP/HTTP */
const startCollector = async () => {
  const spans: SentSpan[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request));
    for (const { scopeSpans } of body.resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    spans,
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

test('traces go through login, token, store and upstream, and name no secret and no user', async () => {
  using collector = await startCollector();
  const parents: (string | undefined)[] = [];
  using upstream = await startUpstream((headers) => parents.push(String(headers.traceparent)));
  await using replicas = await startReplicas({
    store: 'sqlite',
    apiUpstream: upstream.url,
    variables: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
  });
  const cookie = await replicas.signIn();
  const incoming = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const traceparent = `00-${incoming.traceId}-${incoming.spanId}-01`;
  await fetch(`${replicas.url}/api/things`, { headers: { cookie, traceparent } });
  const find = (name: string): SentSpan | undefined => collector.spans.find((span) => span.name === name);
  await expect.poll(() => find('upstream /api/things'), { timeout: 10_000 }).toBeDefined();
  await expect.poll(() => find('GET /api/*'), { timeout: 10_000 }).toBeDefined();
  const request = find('GET /api/*');
  expect(request).toMatchObject({ traceId: incoming.traceId, parentSpanId: incoming.spanId });
  expect(find('upstream /api/things')).toMatchObject({
    traceId: incoming.traceId,
    parentSpanId: request?.spanId,
  });
  expect(parents).toEqual([`00-${incoming.traceId}-${request?.spanId}-01`]);
  await fetch(`${replicas.url}/api/things`, { headers: { cookie } });
  await fetch(`${replicas.url}/api/things`, {
    headers: { cookie, traceparent: traceparent.replace(/01$/, '00') },
  });
  expect(parents[1]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(parents[2]).toMatch(new RegExp(`^00-${incoming.traceId}-[0-9a-f]{16}-00$`));
  const callback = find('GET /login/callback');
  expect(find('provider /token')).toMatchObject({ parentSpanId: callback?.spanId });
  expect(find('store insert')).toMatchObject({ parentSpanId: callback?.spanId });
  const sent = JSON.stringify(collector.spans);
  expect(sent).not.toMatch(/"ada"|lovelace/i);
  expect(sent).not.toContain(replicas.provider.clientSecret);
});

test('without OTEL_* nothing of OpenTelemetry is loaded', () => {
  const script = `import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
    const { startServer } = await import('./src/server.ts');
    if (typeof startServer !== 'function') throw new Error('no server');
    console.log(seen.filter((name) => /opentelemetry|prom-client/.test(name)).length);`;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd });
  expect(String(output).trim()).toBe('0');
});
