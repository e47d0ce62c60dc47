/** One figure of `/metrics`. */
interface Figure {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** What it means for someone on call. */
  readonly help: string;
}

/** Every figure of ours, under its name. The process's own (`process_*`, `nodejs_*`) come beside them. */
export const figures = {
  foyer_http_request_seconds: {
    type: 'histogram',
    labels: ['method', 'route', 'status'],
    help: 'Requests that were answered, by the pattern of their route; the time until the last byte',
  },
  foyer_logins_total: {
    type: 'counter',
    labels: ['outcome', 'provider'],
    help: 'Logins: started, succeeded, or the code of the problem that the callback ended with',
  },
  foyer_logouts_total: {
    type: 'counter',
    labels: ['by', 'provider'],
    help: 'Sign-outs that the user asked for, and back-channel logouts of the provider',
  },
  foyer_refreshes_total: {
    type: 'counter',
    labels: ['outcome', 'provider'],
    help: 'Token refreshes: succeeded, refused (the session has ended), failed (provider in trouble, the session stays)',
  },
  foyer_sessions_opened_total: { type: 'counter', labels: [], help: 'Sessions that began' },
  foyer_sessions_ended_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Sessions that were ended; those that expire unused are not counted',
  },
  foyer_sessions_active: {
    type: 'gauge',
    labels: [],
    help: 'Sessions in the store, the same on every replica; counted again after a hundred times as long as the count took; some may have expired since',
  },
  foyer_rate_limited_total: {
    type: 'counter',
    labels: [],
    help: 'Requests that were refused by RATE_LIMIT_LOGIN',
  },
  foyer_provider_request_seconds: {
    type: 'histogram',
    labels: ['endpoint', 'status', 'provider'],
    help: 'Requests to the provider by path; status is failed when there was no answer',
  },
  foyer_store_operation_seconds: {
    type: 'histogram',
    labels: ['operation', 'outcome'],
    help: 'Operations of the session store, succeeded or failed',
  },
  foyer_upstream_response_seconds: {
    type: 'histogram',
    labels: ['prefix', 'status'],
    help: 'Proxied requests until the upstream began to answer; status is failed when it did not',
  },
  foyer_streams_open: {
    type: 'gauge',
    labels: ['of'],
    help: 'Open event streams of browsers, and WebSockets to APIs',
  },
} as const satisfies Readonly<Record<string, Figure>>;
