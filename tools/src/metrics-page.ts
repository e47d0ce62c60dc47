import { figures } from '@foyer/bff/metrics';

/** The text of docs/metrics.md. */
export const createMetricsPage = (): string =>
  [
    '# Metrics',
    '',
    'With `METRICS_PORT` set, `GET /metrics` on that port answers in the Prometheus text format. It is a listener of its own',
    'on `HOST`, apart from public traffic: keep the port inside. Without the variable nothing is measured. No label names a user.',
    'Example rules are in [alerts.yml](operations/alerts.yml), an example dashboard in',
    '[grafana-dashboard.json](operations/grafana-dashboard.json).',
    '',
    '| figure | type | labels | what it means |',
    '| --- | --- | --- | --- |',
    ...Object.entries(figures).map(
      ([name, { type, labels, help }]) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    ),
    '',
    'The process’s own figures come with them: `process_cpu_seconds_total`, `process_resident_memory_bytes`,',
    '`process_open_fds`, `process_start_time_seconds`, `nodejs_eventloop_lag_p99_seconds` and similar ones.',
    '',
  ].join('\n');
