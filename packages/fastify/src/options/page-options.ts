import { z } from 'zod';
import { brand } from './brand.ts';
import { option, type Refuse, text } from './option.ts';
import { findIneffectiveAddition } from './policy-additions.ts';
import { checkOrigin, isHttpUrl, readSafeUrl } from './urls.ts';

const checkPublicUrl = (publicUrl: string, refuse: Refuse): void => {
  const url = readSafeUrl(publicUrl, refuse);
  if (url === undefined) return;
  if (url.search !== '' || url.hash !== '')
    refuse('has a query or a fragment', `Leave it out: ${url.origin}.`);
  else if (!/^(\/[A-Za-z0-9._~-]+)*\/?$/.test(url.pathname))
    refuse('has a path of more than plain segments', `Write it as ${url.origin}/app.`);
};

const devServer = z.string().refine(isHttpUrl, {
  message: 'has a dev server that is not an http or https URL',
  params: { remedy: 'Write it as http://localhost:5173.' },
});

const spaSource = z.union([
  z.strictObject({ dir: z.string(), sourceMaps: z.boolean().optional() }).readonly(),
  z.strictObject({ devServer }).readonly(),
]);

/**
 * Where pages and assets come from: a directory with a built SPA, whose source maps are served only when asked for, or
 * the URL of a running dev server.
 */
export type SpaSource = z.output<typeof spaSource>;

const checkSpaCsp = (csp: string, refuse: Refuse): void => {
  const problem = /^[\x20-\x7e]*$/.test(csp)
    ? findIneffectiveAddition(csp)
    : 'holds characters that no policy has';
  if (problem !== undefined) refuse(problem);
};

const features = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'usb'],
];

/** The default of the SPA's pages: each feature for the page itself, none for frames of other origins. */
const defaultPermissionsPolicy = features.map((feature) => `${feature}=(self)`).join(', ');

/** Whether browsers read it as a Permissions-Policy. The older form, `camera 'self'`, has no effect. */
const isPermissionsPolicy = (text: string): boolean =>
  text.split(',').every((member) => /^\s*[a-z-]+=(\*|self|\([\x20-\x7e]*\))\s*$/.test(member));

/** The values of Cross-Origin-Opener-Policy. */
const openerPolicies = [
  'same-origin-allow-popups',
  'same-origin',
  'noopener-allow-popups',
  'unsafe-none',
] as const;

/** One value of Cross-Origin-Opener-Policy. @see HTML section 7.1.3 */
export type OpenerPolicy = (typeof openerPolicies)[number];

/** What the browser sees: the origin, the pages, and who else may ask. */
export const pageOptions = {
  /**
   * The origin that the browser sees, with the path below which all of it lives, if any; the only source of every URL that
   * is built.
   */
  publicUrl: option(
    text(checkPublicUrl).transform((url) => new URL(url).href.replace(/\/$/, '')),
    {
      variable: 'PUBLIC_URL',
      fallback: 'http://localhost:3000',
      meaning:
        'The origin that the browser sees, with the path below which all of it lives, if any (`https://example.com/app`); https, or http on a loopback host',
      remedy: 'Give the origin that the browser sees: https://app.example.',
    },
  ),
  /** Where the SPA comes from. Default: nowhere, for an application that serves its own pages. */
  spa: spaSource.optional(),
  /** Directives added to the content security policy of the SPA's pages, and of nothing else. Default: none. */
  spaCsp: option(text(checkSpaCsp).optional(), {
    variable: 'SPA_CSP',
    meaning:
      "Directives added to the content security policy of the SPA’s pages, and of nothing else: `img-src https://cdn.example; style-src 'unsafe-inline'`. What browsers would ignore is refused at the start",
    remedy: "Write it as style-src 'unsafe-inline'; img-src https://cdn.example.",
  }),
  /** Permissions-Policy of the SPA's pages. Default: every feature for the page itself, none for frames of others. */
  spaPermissionsPolicy: option(
    z.string().refine(isPermissionsPolicy, 'is not a Permissions-Policy').default(defaultPermissionsPolicy),
    {
      variable: 'SPA_PERMISSIONS_POLICY',
      defaultInWords: 'every feature for the page itself, none for frames of other origins',
      meaning:
        '`Permissions-Policy` of the SPA’s pages: `geolocation=(self), payment=(self "https://pay.example")`',
      remedy: 'Write it as geolocation=(self), payment=(self "https://pay.example").',
    },
  ),
  /** Cross-Origin-Opener-Policy of the SPA's pages. Default `same-origin-allow-popups`. */
  spaCoop: option(
    z.enum(openerPolicies, 'is no value of Cross-Origin-Opener-Policy').default('same-origin-allow-popups'),
    {
      variable: 'SPA_COOP',
      meaning:
        '`Cross-Origin-Opener-Policy` of the SPA’s pages: `same-origin-allow-popups`, `same-origin`, `noopener-allow-popups` or `unsafe-none`',
    },
  ),
  /** Look and language of our own pages: errors, signing out. Default: no name, our colours, English and German. */
  brand,
  /** SPA origins other than `publicUrl`, same-site with it. Default: none. */
  allowedOrigins: option(z.array(text(checkOrigin)).readonly().default([]), {
    variable: 'ALLOWED_ORIGINS',
    form: 'list',
    meaning: 'Comma list of SPA origins other than `PUBLIC_URL`, same-site with it',
    remedy: 'Write scheme, host and port alone: https://app.example.',
  }),
} as const;
