import { parseBoolean, parseHttpUrl, parseOpenerPolicy, parseText } from '../parsers.ts';
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
      "Directives added to the content security policy of the SPA’s pages, and of nothing else: `img-src https://cdn.example; style-src 'unsafe-inline'`. What browsers would ignore is refused at the start",
  }),
  SPA_PERMISSIONS_POLICY: variable(parseText, {
    option: 'spaPermissionsPolicy',
    otherwise: 'every feature for the page itself, none for frames of other origins',
    meaning:
      '`Permissions-Policy` of the SPA’s pages: `geolocation=(self), payment=(self "https://pay.example")`',
  }),
  SPA_COOP: variable(parseOpenerPolicy, {
    option: 'spaCoop',
    fallback: 'same-origin-allow-popups',
    meaning:
      '`Cross-Origin-Opener-Policy` of the SPA’s pages: `same-origin-allow-popups`, `same-origin`, `noopener-allow-popups` or `unsafe-none`',
  }),
} as const;
