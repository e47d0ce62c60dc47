import { parseCount, parseList, parseLogLevel, parsePort, parseShortDuration } from '../parsers.ts';
import { variable } from './variable.ts';

/** Who else may ask, and how the process behaves. */
export const operationVariables = {
  ALLOWED_ORIGINS: variable(parseList, {
    option: 'allowedOrigins',
    meaning: 'Comma list of SPA origins other than `PUBLIC_URL`, same-site with it',
  }),
  RATE_LIMIT_LOGIN: variable(parseCount, {
    option: 'rateLimitLogin',
    fallback: '60',
    meaning: 'Per minute and client address, on `/login`, the callback and back-channel logout; `0` = off',
  }),
  LOG_LEVEL: variable(parseLogLevel, {
    fallback: 'info',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  }),
  METRICS_PORT: variable(parsePort, {
    meaning: 'Where `/metrics` is served, apart from public traffic',
  }),
  SHUTDOWN_TIMEOUT: variable(parseShortDuration, {
    fallback: '10s',
    meaning: 'How long requests that are running may take after SIGTERM',
  }),
} as const;
