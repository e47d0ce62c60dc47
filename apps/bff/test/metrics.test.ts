import { readFileSync } from 'node:fs';
import { createBrowser, freePort } from '@foyer/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createMetricsPage } from '../../../tools/src/metrics-page.ts';
import { figures } from '../src/telemetry/metrics.ts';
import { startApp } from './kit/start-app.ts';
import { startUpstream } from './kit/start-upstream.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const start = async (more: Readonly<Record<string, string>> = {}) => {
  const metricsPort = await freePort();
  const upstream = await startUpstream();
  onTestFinished(() => upstream[Symbol.dispose]());
  const API_ROUTES = JSON.stringify([{ prefix: '/api/a', upstream: upstream.url }]);
  const { url } = await startApp({ variables: { METRICS_PORT: String(metricsPort), API_ROUTES, ...more } });
  const metrics = `http://localhost:${metricsPort}/metrics`;
  const read = async (figure: string): Promise<number> => {
    const text = await (await fetch(metrics)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${figure} `));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  };
  return { url, metrics, read };
};

test('logins, sessions, sign-outs, the provider, the store and the upstream are counted', async () => {
  const bff = await start();
  const browser = createBrowser();
  await browser.visit(`${bff.url}/login`);
  await browser.submit({ button: 'Ada Lovelace' });
  expect((await browser.fetch('/api/a/b', { from: bff.url })).status).toBe(200);
  expect(await bff.read('foyer_logins_total{outcome="started"}')).toBe(1);
  expect(await bff.read('foyer_logins_total{outcome="succeeded"}')).toBe(1);
  expect(await bff.read('foyer_sessions_opened_total')).toBe(1);
  expect(await bff.read('foyer_sessions_active')).toBe(1);
  expect(await bff.read('foyer_provider_request_seconds_count{endpoint="/token",status="200"}')).toBe(1);
  expect(await bff.read('foyer_store_operation_seconds_count{operation="insert",outcome="succeeded"}')).toBe(
    1,
  );
  expect(await bff.read('foyer_upstream_response_seconds_count{prefix="/api/a",status="200"}')).toBe(1);
  expect(
    await bff.read('foyer_http_request_seconds_count{method="GET",route="/login/callback",status="303"}'),
  ).toBe(1);
  await browser.fetch('/logout', { method: 'POST', from: bff.url });
  expect(await bff.read('foyer_logouts_total{by="user"}')).toBe(1);
  expect(await bff.read('foyer_sessions_ended_total{reason="logout"}')).toBe(1);
  await expect.poll(() => bff.read('foyer_sessions_active'), { timeout: 10_000 }).toBe(0);
  await fetch(`${bff.url}/login/callback?state=x&code=y`);
  expect(await bff.read('foyer_logins_total{outcome="login_not_started"}')).toBe(1);
});

test('with several providers each has figures of its own', async () => {
  const guests = { issuer: 'https://guests.example', clientId: 'guests', clientSecret: 'a-secret-of-guests' };
  const staff = { id: 'staff', clientSecret: 'a-secret-of-these-tests' };
  const bff = await start({ PROVIDERS: JSON.stringify([staff, { id: 'guests', ...guests }]) });
  const browser = createBrowser();
  await browser.visit(`${bff.url}/login?provider=staff`);
  await browser.submit({ button: 'Ada Lovelace' });
  await browser.fetch('/logout', { method: 'POST', from: bff.url });
  for (const figure of [
    'foyer_logins_total{outcome="started",provider="staff"}',
    'foyer_logins_total{outcome="succeeded",provider="staff"}',
    'foyer_logouts_total{by="user",provider="staff"}',
    'foyer_provider_request_seconds_count{endpoint="/token",status="200",provider="staff"}',
  ])
    expect([figure, await bff.read(figure)]).toEqual([figure, 1]);
});

test('metrics have a port of their own and name no secret and no user', async () => {
  const bff = await start();
  const browser = createBrowser();
  await browser.visit(`${bff.url}/login?returnTo=/secret-path`);
  await browser.submit({ button: 'Ada Lovelace' });
  const answer = await fetch(bff.metrics);
  const text = await answer.text();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).not.toMatch(/"ada"|lovelace|secret/i);
  expect((await fetch(`${bff.url}/metrics`, { headers: { accept: 'application/json' } })).status).toBe(404);
  expect((await fetch(bff.metrics, { method: 'POST' })).status).toBe(405);
});

test('every figure of the page is served, and every served figure is on the page', async () => {
  const bff = await start();
  const text = await (await fetch(bff.metrics)).text();
  const served = [...text.matchAll(/^# TYPE (foyer_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  expect(served.sort()).toEqual(
    Object.entries(figures)
      .map(([name, { type }]) => [name, type])
      .sort(),
  );
  expect(read('docs/metrics.md')).toBe(createMetricsPage());
});

const operations = ['docs/operations/alerts.yml', 'docs/operations/grafana-dashboard.json'];

test('alerts and dashboard name only figures that are served, ours and the process’s own', async () => {
  const bff = await start();
  const text = await (await fetch(bff.metrics)).text();
  const served = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  for (const path of operations) {
    const named = [...read(path).matchAll(/\b(?:foyer|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !served.has(name))).toEqual([]);
  }
});

test.for(operations)('%s selects and groups by labels that the figures have', (path) => {
  const text = read(path).replaceAll('\\"', '"');
  const selected = [...text.matchAll(/(foyer_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', labels = '']) =>
    [...labels.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => [name, label] as const),
  );
  const grouped = [...text.matchAll(/by \(([\w, ]+)\) \([^)]*?(foyer_\w+)/g)].flatMap(
    ([, labels = '', name = '']) => labels.split(/, */).map((label) => [name, label] as const),
  );
  const known = Object.entries(figures).flatMap(([name, { labels }]) =>
    labels.map((label) => `${name} ${label}`),
  );
  const unknown = [...selected, ...grouped].filter(
    ([name, label]) =>
      label !== 'le' && !known.includes(`${name.replace(/_(bucket|count|sum)$/, '')} ${label}`),
  );
  expect(selected.length + grouped.length).toBeGreaterThan(3);
  expect(unknown).toEqual([]);
});
