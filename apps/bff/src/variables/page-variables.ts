import { parseBoolean, parseHttpUrl, parseText } from '../parsers.ts';
import { variable } from './variable.ts';

/** Where the pages come from. */
export const pageVariables = {
  SPA_DIR: variable(parseText, {
    option: 'spa',
    otherwise: 'the starter SPA’s build',
    meaning: 'Directory of a built SPA',
  }),
  SPA_DEV_SERVER: variable(parseHttpUrl, {
    option: 'spa',
    meaning: 'URL of a running dev server; then pages and assets come from it, hot reload included',
  }),
  SPA_SOURCE_MAPS: variable(parseBoolean, {
    option: 'spa',
    fallback: 'false',
    meaning: 'Whether the source maps in `SPA_DIR` are served: `true` or `false`',
  }),
  SPA_CSP: variable(parseText, {
    option: 'spaCsp',
    meaning:
      'Directives added to the pages’ content security policy: `img-src https://cdn.example; connect-src https://api.example`',
  }),
} as const;
