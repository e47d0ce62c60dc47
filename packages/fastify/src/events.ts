import type { FastifyBaseLogger } from 'fastify';
import { providerEvents } from './logging/provider-events.ts';
import { sessionEvents, who } from './logging/session-events.ts';

/** How urgent a line of the log is. */
type Level = 'info' | 'warn' | 'error';

/** One kind of event in the log. */
export interface LogEvent {
  readonly level: Level;
  readonly message: string;
  /** What the line says besides level, time, request id and message. */
  readonly fields: Readonly<Record<string, string>>;
  readonly when: string;
  /** What an operator does about it. Default: nothing. */
  readonly remedy?: string;
}

const err = 'the cause';

/** Every event that the log names, once: whatever logs one takes it from here. @see OWASP ASVS 5.0 V16.3 */
export const logEvents = {
  ...sessionEvents,
  refusal: {
    level: 'info',
    message: 'a request was refused or failed',
    fields: {
      code: 'code of the problem, as in [errors.md](errors.md)',
      status: 'HTTP status',
      reason: 'the exact reason; the browser gets less',
      ...who,
      err,
    },
    when: 'A request is answered with a problem. `error` for status 500, `warn` above',
    remedy:
      'By its code, see [errors.md](errors.md). Many `cross_site_request`, `login_not_started` or `rate_limited`: someone is probing, or a proxy drops headers. `internal_error`: report it',
  },
  client_address_unreadable: {
    level: 'warn',
    message: 'the address of the client cannot be read: its proxy counts instead',
    fields: {},
    when: 'A proxy of `TRUST_PROXY` names a client by something that is no IP address; logged once',
    remedy: 'Let the proxy write the address of the client into `X-Forwarded-For`, with or without its port',
  },
  gate_not_trusted: {
    level: 'warn',
    message: 'the gate is asked by an address that is not trusted: it sends no one to the sign-in',
    fields: {},
    when: 'A server asks `/gate?redirect=true` and `TRUST_PROXY` does not name it, or it sends no `X-Forwarded-For` and `X-Forwarded-Uri`; logged once',
    remedy: 'Name its address in `TRUST_PROXY`, and compare its configuration with [gate.md](gate.md)',
  },
  ...providerEvents,
  host_changed: {
    level: 'warn',
    message: 'the Host of requests is not what the browser asks for',
    fields: { host: 'the `Host` that arrives' },
    when: 'On a loopback `PUBLIC_URL`, a browser that was sent there comes back with another `Host`; logged once',
    remedy:
      'Let the proxy in front pass on `Host` as it comes, port included; in nginx `proxy_set_header Host $http_host`',
  },
  websocket_opened: {
    level: 'info',
    message: 'a WebSocket is open',
    fields: { route: 'pattern of the route' },
    when: 'A WebSocket to an API is open',
  },
  websocket_closed: {
    level: 'info',
    message: 'a WebSocket is closed',
    fields: {},
    when: 'It has closed, by whichever side',
  },
  spa_renewed: {
    level: 'info',
    message: 'a newer build of the SPA is served',
    fields: {},
    when: 'The files of `SPA_DIR` have changed',
  },
  spa_unreadable: {
    level: 'warn',
    message: 'the build of the SPA cannot be read: the previous one is served',
    fields: { err },
    when: 'The files of `SPA_DIR` have changed and cannot be read',
    remedy: 'Build again, or restore the previous build',
  },
  spa_worker_unaware: {
    level: 'warn',
    message:
      'the service worker of the SPA answers /login, /logout or /api with its page: except them, or no one can sign in',
    fields: { file: 'the worker, or its manifest' },
    when: 'A build is read whose service worker has no exception for the routes of the BFF',
    remedy:
      'Except `/login`, `/logout` and `/api` from what the worker answers, as [own-spa.md](own-spa.md#service-workers) shows',
  },
  spa_worker_unreadable: {
    level: 'warn',
    message:
      'the service worker of the SPA cannot be read: it may answer /login, /logout or /api with its page',
    fields: { file: 'its manifest', err },
    when: 'A build is read whose `ngsw.json` is not one of Angular’s, or has a pattern that is no regular expression',
    remedy:
      'Correct `navigationUrls` in `ngsw-config.json`, as [own-spa.md](own-spa.md#service-workers) shows, and build again',
  },
  cut: {
    level: 'info',
    message: 'an answer was cut before its end',
    fields: { err },
    when: 'The API, the browser or the end of the session has cut a proxied answer before its end',
    remedy: 'If there are many, check the API and the time limits of the proxies in between',
  },
  client_gone: {
    level: 'info',
    message: 'the browser went away before the upstream answered',
    fields: {},
    when: 'A proxied request was given up',
  },
  unknown_variable: {
    level: 'warn',
    message: 'a variable of the environment is not one of Foyer: it has no effect',
    fields: { variable: 'its name' },
    when: 'The process starts, and a name that begins with `OIDC_` or `SESSION_` is not known: most likely a typo',
    remedy: 'Compare it with [configuration.md](configuration.md)',
  },
  readable_secret_file: {
    level: 'warn',
    message: 'a file with a secret can be read by other users of the machine',
    fields: { variable: 'the variable whose secret it holds', file: 'its path' },
    when: 'The process starts, and the mode of a secret file lets group or others at it',
    remedy:
      '`chmod 600` it, or mount it for the user of the process alone. Replace the secret if others had access',
  },
  stopping: {
    level: 'info',
    message: 'stopping',
    fields: { signal: 'the signal that asked for it' },
    when: 'The process was asked to end',
  },
  stopped_late: {
    level: 'warn',
    message: 'SHUTDOWN_TIMEOUT has passed: requests that are still running are cut',
    fields: {},
    when: 'Requests outlive `SHUTDOWN_TIMEOUT`',
    remedy: 'When often: give `SHUTDOWN_TIMEOUT` more than the slowest API needs',
  },
  close_failed: {
    level: 'error',
    message: 'closing failed',
    fields: { err },
    when: 'Something cannot be closed at the end; the exit code is 1',
    remedy: 'Report it',
  },
} as const satisfies Readonly<Record<string, LogEvent>>;

type EventName = keyof typeof logEvents;
type EventFields<Name extends EventName> = Readonly<
  Record<keyof (typeof logEvents)[Name]['fields'], unknown>
>;

/** Writes one event with exactly its fields, at another level than its own. */
export const logEventAt = <Name extends EventName>(
  log: FastifyBaseLogger,
  { event, level }: { readonly event: Name; readonly level: Level },
  fields: EventFields<Name>,
): void => {
  const line: Readonly<Record<string, unknown>> = { event, ...fields };
  log[level](line, logEvents[event].message);
};

/** Writes one event with exactly its fields, at its own level. @see OWASP ASVS 5.0 V16.2 */
export const logEvent = <Name extends EventName>(
  log: FastifyBaseLogger,
  event: Name,
  fields: EventFields<Name>,
): void => logEventAt(log, { event, level: logEvents[event].level }, fields);
