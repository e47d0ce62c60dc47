import { isIP } from 'node:net';
import { isSessionStoreUrl } from '@foyer/fastify';
import { duration, isHttpUrl, kinds, option } from '@foyer/fastify/options';
import { z } from 'zod';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const isAddress = (value: string): boolean => isIP(value) !== 0;
const host = z.union([z.string().refine(isAddress), z.hostname()], 'is neither an address nor a host name');
const addresses = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'holds something that is not an address or CIDR',
);

const port = z
  .int('is not a port')
  .min(1, 'is not a port')
  .max(65_535, 'is not a port')
  .register(kinds, { form: 'number', remedy: 'Give a number between 1 and 65535.' });

const storeUrl = z.string().refine(isSessionStoreUrl, 'is not the address of a session store');
const token = z.string().regex(/^[\x21-\x7e]{32,512}$/, 'is not 32 to 512 characters without spaces');

/** What only the application reads: where it listens, what it stores, whose pages it serves, how it stops. */
export const serverOptions = {
  /** The address where the BFF listens; `0.0.0.0` in the image. */
  host: option('HOST', host.default('127.0.0.1'), { remedy: 'Write it as 127.0.0.1, 0.0.0.0 or ::.' }),
  /** The port where the BFF listens. */
  port: option('PORT', port.default(3000)),
  /**
   * CIDRs whose `X-Forwarded-For` is believed, for client addresses only; any other address holds at most 2,048 connections
   * at a time.
   */
  trustProxy: option('TRUST_PROXY', z.array(addresses).default([]), {
    form: 'list',
    remedy: 'Write it as 10.0.0.0/8,127.0.0.1.',
  }),
  /**
   * `sqlite:<file>`, `memory:`, `redis://…` (Valkey too), `redis+sentinel://…` or `redis+cluster://…`; with `rediss` for TLS.
   * docs/production.md shows each.
   */
  storeUrl: option('SESSION_STORE', storeUrl.default('sqlite:.data/sessions.db'), {
    remedy:
      'Use sqlite:<file>, memory:, redis://host:6379, redis+sentinel://host:26379/name or redis+cluster://host:6379.',
  }),
  /** Directory of a built SPA. Default: the starter SPA’s build. */
  spaDir: option('SPA_DIR', z.string().optional(), { remedy: 'Give the directory of a built SPA.' }),
  /** URL of a running dev server; then pages and assets come from it, hot reload included. */
  spaDevServer: option(
    'SPA_DEV_SERVER',
    z.string().refine(isHttpUrl, 'is not an http or https URL').optional(),
    { remedy: 'Write it as http://localhost:5173.' },
  ),
  /** Whether the source maps in `spaDir` are served: `true` or `false`. */
  spaSourceMaps: option('SPA_SOURCE_MAPS', z.boolean().default(false)),
  /** `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`. */
  logLevel: option('LOG_LEVEL', z.enum(logLevels, 'is not a log level').default('info')),
  /** Where `/metrics` is served, apart from public traffic. */
  metricsPort: option('METRICS_PORT', port.optional()),
  /**
   * Where operators end sessions by `sub`, `sid` or id, apart from public traffic; needs `adminToken`
   * (docs/production.md#ending-sessions).
   */
  adminPort: option('ADMIN_PORT', port.optional()),
  /** The bearer token of operators, 32 characters at least; needs `adminPort`. */
  adminToken: option('ADMIN_TOKEN', token.optional(), { remedy: 'Make one with: pnpm key.' }),
  /** How long requests that are running may take after SIGTERM. */
  shutdownTimeout: option('SHUTDOWN_TIMEOUT', duration(0, 3600).default(10)),
} as const;
