import { isIP } from 'node:net';
import { isSessionStoreUrl } from '@foyer/fastify';
import { check, duration, isHttpUrl, option, type Refuse, text } from '@foyer/fastify/options';
import { z } from 'zod';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const isHostName = (value: string): boolean =>
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(value);

const isCidr = (value: string): boolean => {
  const [address = '', prefix, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
};

const checkPort = (port: number, refuse: Refuse): void => {
  if (!(Number.isInteger(port) && port > 0 && port <= 65_535)) refuse('is not a port');
};
const portRemedy = 'Give a number between 1 and 65535.';

/** What only the application reads: where it listens, what it stores, whose pages it serves, how it stops. */
export const serverOptions = {
  host: option(
    text((host, refuse) => {
      if (isIP(host) === 0 && !isHostName(host)) refuse('is neither an address nor a host name');
    }).default('127.0.0.1'),
    {
      variable: 'HOST',
      meaning: 'The address where the BFF listens; `0.0.0.0` in the image',
      remedy: 'Write it as 127.0.0.1, 0.0.0.0 or ::.',
    },
  ),
  port: option(z.number().superRefine(check(checkPort)).default(3000), {
    variable: 'PORT',
    form: 'number',
    meaning: 'The port where the BFF listens',
    remedy: portRemedy,
  }),
  trustProxy: option(
    z
      .array(z.string())
      .superRefine(
        check((cidrs, refuse) => {
          if (!cidrs.every(isCidr)) refuse('holds something that is not an address or CIDR');
        }),
      )
      .default([]),
    {
      variable: 'TRUST_PROXY',
      form: 'list',
      meaning:
        'Comma list of CIDRs whose `X-Forwarded-For` is believed, for client addresses only; any other address holds at most 2,048 connections at a time',
      remedy: 'Write it as 10.0.0.0/8,127.0.0.1.',
    },
  ),
  storeUrl: option(
    text((url, refuse) => {
      if (!isSessionStoreUrl(url)) refuse('is not the address of a session store');
    }).default('sqlite:.data/sessions.db'),
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
  spaDevServer: option(
    text((url, refuse) => {
      if (!isHttpUrl(url)) refuse('is not an http or https URL');
    }).optional(),
    {
      variable: 'SPA_DEV_SERVER',
      meaning: 'URL of a running dev server; then pages and assets come from it, hot reload included',
      remedy: 'Write it as http://localhost:5173.',
    },
  ),
  spaSourceMaps: option(z.boolean().default(false), {
    variable: 'SPA_SOURCE_MAPS',
    form: 'boolean',
    meaning: 'Whether the source maps in `SPA_DIR` are served: `true` or `false`',
    remedy: 'Give true or false.',
  }),
  logLevel: option(z.enum(logLevels, 'is not a log level').default('info'), {
    variable: 'LOG_LEVEL',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
    remedy: `Use one of ${logLevels.join(', ')}.`,
  }),
  metricsPort: option(z.number().superRefine(check(checkPort)).optional(), {
    variable: 'METRICS_PORT',
    form: 'number',
    meaning: 'Where `/metrics` is served, apart from public traffic',
    remedy: portRemedy,
  }),
  adminPort: option(z.number().superRefine(check(checkPort)).optional(), {
    variable: 'ADMIN_PORT',
    form: 'number',
    meaning:
      'Where operators end sessions by `sub`, `sid` or id, apart from public traffic; needs `ADMIN_TOKEN` ([production.md](production.md#ending-sessions))',
    remedy: portRemedy,
  }),
  adminToken: option(
    text((token, refuse) => {
      if (!/^[\x21-\x7e]{32,512}$/.test(token)) refuse('is not 32 to 512 characters without spaces');
    }).optional(),
    {
      variable: 'ADMIN_TOKEN',
      meaning: 'The bearer token of operators, 32 characters at least; needs `ADMIN_PORT`',
      remedy: 'Make one with: pnpm key.',
    },
  ),
  shutdownTimeout: option(duration(0, 3600).default(10), {
    variable: 'SHUTDOWN_TIMEOUT',
    form: 'duration',
    meaning: 'How long requests that are running may take after SIGTERM',
    remedy: 'Give 1h or less.',
  }),
} as const;
