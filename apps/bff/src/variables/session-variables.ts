import { parseDuration, parseList, parseStoreUrl, parseText } from '../parsers.ts';
import { variable } from './variable.ts';

/** What is kept of a signed-in person, and for how long. */
export const sessionVariables = {
  SESSION_KEYS: variable(parseList, {
    option: 'sessionKeys',
    otherwise: 'made and kept in `.data/` when `PUBLIC_URL` is loopback http, else required',
    meaning: 'Comma list of base64 32-byte keys (`pnpm key`); the first seals, all open',
  }),
  SESSION_STORE: variable(parseStoreUrl, {
    option: 'sessionStore',
    fallback: 'sqlite:.data/sessions.db',
    meaning:
      '`sqlite:<file>`, `memory:`, `redis://…` (Valkey too), `redis+sentinel://…` or `redis+cluster://…`; with `rediss` for TLS. production.md shows each',
  }),
  SESSION_IDLE_TIMEOUT: variable(parseDuration, {
    option: 'sessionIdleTimeout',
    fallback: '30m',
    meaning: 'A session that nobody used for this long is over',
  }),
  SESSION_LIFETIME: variable(parseDuration, {
    option: 'sessionLifetime',
    fallback: '12h',
    meaning: 'A session is over after this long, used or not',
  }),
  LOGIN_TIMEOUT: variable(parseDuration, {
    option: 'loginTimeout',
    fallback: '10m',
    meaning: 'How long a login may stay unfinished',
  }),
  COOKIE_NAME: variable(parseText, {
    option: 'cookieName',
    fallback: 'foyer',
    meaning: 'Name of the session cookie, which gets a prefix on https and the port on loopback http',
  }),
} as const;
