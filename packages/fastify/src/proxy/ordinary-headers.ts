/** What browsers, and the HTTP libraries of SPAs, send by themselves. */
const ordinary = new Set([
  ...['accept', 'cache-control', 'date', 'dnt', 'last-event-id', 'origin', 'pragma', 'prefer', 'priority'],
  ...['purpose', 'range', 'referer', 'save-data', 'user-agent', 'upgrade-insecure-requests', 'digest'],
  ...['idempotency-key', 'x-idempotency-key', 'x-requested-with', 'x-csrf', 'x-csrf-token', 'x-xsrf-token'],
  ...['tracestate', 'baggage', 'b3', 'sentry-trace', 'uber-trace-id', 'x-correlation-id', 'x-trace-id'],
  ...[
    'soapaction',
    'x-grpc-web',
    'x-client-info',
    'x-signalr-user-agent',
    'x-socket-id',
    'rsc',
    'api-version',
  ],
  ...['x-api-version', 'tus-resumable', 'repr-digest', 'x-timezone', 'x-locale'],
]);

const ordinaryPrefixes = [
  ...['accept-', 'content-', 'if-', 'sec-ch-', 'sec-fetch-', 'sec-gpc', 'sec-purpose', 'sec-websocket-'],
  ...[
    'apollo-',
    'apollographql-',
    'x-apollo-',
    'graphql-',
    'connect-',
    'grpc-',
    'odata-',
    'upload-',
    'want-',
  ],
  ...['x-b3-', 'x-datadog-', 'hx-', 'next-', 'turbo-', 'x-inertia'],
];

/** Whether browsers, or the HTTP libraries of SPAs, send a header by themselves; the name is in lower case. */
export const isOrdinary = (name: string): boolean =>
  ordinary.has(name) || ordinaryPrefixes.some((prefix) => name.startsWith(prefix));
