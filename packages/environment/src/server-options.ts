import { isIP } from 'node:net';
import { isSessionStoreUrl } from '@foyer/fastify';
import { duration, isHttpUrl, option } from '@foyer/fastify/options';
import { z } from 'zod';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const isAddress = (value: string): boolean => isIP(value) !== 0;
const host = z.union([z.string().refine(isAddress), z.hostname()], 'is neither an address nor a host name');
const addresses = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'holds something that is not an address or CIDR',
);

const port = z.int('is not a port').min(1, 'is not a port').max(65_535, 'is not a port');
const portRemedy = 'Give a number between 1 and 65535.';

/** What only the application reads: where it listens, what it stores, whose pages it serves, how it stops. */
export const serverOptions = {
  host: option(host.default('127.0.0.1'), {
    variable: 'HOST',
    meaning: 'The address where the BFF listens; `0.0.0.0` in the image',
    remedy: 'Write it as 127.0.0.1, 0.0.0.0 or ::.',
  }),
  port: option(port.default(3000), {
    variable: 'PORT',
    form: 'number',
    meaning: 'The port where the BFF listens',
    remedy: portRemedy,
  }),
  trustProxy: option(z.array(addresses).default([]), {
    variable: 'TRUST_PROXY',
    form: 'list',
    meaning:
      'Comma list of CIDRs whose `X-Forwarded-For` is believed, for client addresses only; any other address holds at most 2,048 connections at a time',
    remedy: 'Write it as 10.0.0.0/8,127.0.0.1.',
  }),
  storeUrl: option(
    z
      .string()
      .refine(isSessionStoreUrl, 'is not the address of a session store')
      .default('sqlite:.data/sessions.db'),
    {
      variable: 'SESSION_STORE',
      meaning:
        '`sqlite:<file>`, `memory:`, `redis://…` (Valkey too), `redis+sentinel://…` or `redis+cluster://…`; with `rediss` for TLS. production.md shows each',
      remedy:
        'Use sqlite:<file>, memory:, redis://host:6379, redis+sentinel://host:26379/name or redis+cluster://host:6379.',
    },
  ),
  spaDir: option(z.string().optional(), {
    variable: 'SPA_DIR',
    defaultInWords: 'the starter SPA’s build',
    meaning: 'Directory of a built SPA',
    remedy: 'Give the directory of a built SPA.',
  }),
  spaDevServer: option(z.string().refine(isHttpUrl, 'is not an http or https URL').optional(), {
    variable: 'SPA_DEV_SERVER',
    meaning: 'URL of a running dev server; then pages and assets come from it, hot reload included',
    remedy: 'Write it as http://localhost:5173.',
  }),
  spaSourceMaps: option(z.boolean().default(false), {
    variable: 'SPA_SOURCE_MAPS',
    meaning: 'Whether the source maps in `SPA_DIR` are served: `true` or `false`',
  }),
  logLevel: option(z.enum(logLevels, 'is not a log level').default('info'), {
    variable: 'LOG_LEVEL',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  }),
  metricsPort: option(port.optional(), {
    variable: 'METRICS_PORT',
    form: 'number',
    meaning: 'Where `/metrics` is served, apart from public traffic',
    remedy: portRemedy,
  }),
  adminPort: option(port.optional(), {
    variable: 'ADMIN_PORT',
    form: 'number',
    meaning:
      'Where operators end sessions by `sub`, `sid` or id, apart from public traffic; needs `ADMIN_TOKEN` ([production.md](production.md#ending-sessions))',
    remedy: portRemedy,
  }),
  adminToken: option(
    z
      .string()
      .regex(/^[\x21-\x7e]{32,512}$/, 'is not 32 to 512 characters without spaces')
      .optional(),
    {
      variable: 'ADMIN_TOKEN',
      meaning: 'The bearer token of operators, 32 characters at least; needs `ADMIN_PORT`',
      remedy: 'Make one with: pnpm key.',
    },
  ),
  shutdownTimeout: option(duration(0, 3600).default(10), {
    variable: 'SHUTDOWN_TIMEOUT',
    meaning: 'How long requests that are running may take after SIGTERM',
  }),
} as const;
