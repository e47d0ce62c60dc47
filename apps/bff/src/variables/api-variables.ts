import { parseApiRoutes, parseDuration, parseSize } from '../parsers.ts';
import { variable } from './variable.ts';

/** What is proxied. */
export const apiVariables = {
  API_ROUTES: variable(parseApiRoutes, {
    option: 'apiRoutes',
    fallback: '[]',
    meaning:
      'Proxied APIs, a JSON array: `[{"prefix":"/api/users","upstream":"http://localhost:4000/users"}]`; more keys: `auth`, `methods`, `timeout`',
  }),
  API_TIMEOUT: variable(parseDuration, {
    option: 'apiTimeout',
    fallback: '15s',
    meaning: 'Until an upstream must have begun to answer',
  }),
  API_MAX_BODY: variable(parseSize, {
    option: 'apiMaxBody',
    fallback: '10mb',
    meaning: 'Largest request body that is passed on',
  }),
} as const;
