import { z } from 'zod';
import { check, option, type Refuse, text } from './option.ts';
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

const brandShape = z
  .strictObject({
    /** Name of the application, at most 60 characters. Default: what the built SPA calls itself. */
    name: z.string().optional(),
    /** Path of a picture on our own origin, such as `/logo.svg`. Default: a door in the accent colour. */
    logoUrl: z.string().optional(),
    /** Colour of links and buttons, as `#2a56c6` or `2a56c6`; the text on it and the dark variant are chosen. */
    accentColor: z.string().optional(),
    /** Other words for ours, by language and by our English text. A language that is not ours is added by this. */
    texts: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  })
  .readonly();

/** Look and language of the BFF's own pages. */
export type Brand = z.output<typeof brandShape>;

const checkBrand = ({ name, logoUrl, accentColor, texts = {} }: Brand, refuse: Refuse): void => {
  if (name !== undefined && !/^(?=.*\S)[^\p{Cc}]{1,60}$/u.test(name))
    refuse('has a name that is not 1 to 60 characters on one line', 'Shorten the name.');
  if (logoUrl !== undefined && !/^\/(?![/\\])[\w.~%/-]+$/.test(logoUrl))
    refuse('has a logoUrl that is not a path of our own origin', 'Write it as /logo.svg.');
  if (accentColor !== undefined && !/^#?[0-9a-f]{6}$/i.test(accentColor))
    refuse('has an accentColor that is not a colour of six digits', 'Write it as #2a56c6.');
  for (const language of Object.keys(texts))
    if (!/^[a-z]{2,3}$/.test(language))
      refuse(`has texts of ${language}, which is not a language`, 'Use codes such as en, de or fr.');
};

/** What the browser sees: the origin, the pages, and who else may ask. */
export const pageOptions = {
  /**
   * The origin that the browser sees, with the path below which all of it lives, if any (`https://example.com/app`); https, or
   * http on a loopback host. It is the only source of every URL that is built.
   */
  publicUrl: option(
    'PUBLIC_URL',
    text(checkPublicUrl).transform((url) => new URL(url).href.replace(/\/$/, '')),
    {
      fallback: 'http://localhost:3000',
      remedy: 'Give the origin that the browser sees: https://app.example.',
    },
  ),
  /** Where the SPA comes from. Default: nowhere, for an application that serves its own pages. */
  spa: spaSource.optional(),
  /**
   * Directives added to the content security policy of the SPA’s pages, and of nothing else. What browsers would ignore is
   * refused at the start. Default: none.
   */
  spaCsp: option('SPA_CSP', text(checkSpaCsp).optional(), {
    remedy: "Write it as style-src 'unsafe-inline'; img-src https://cdn.example.",
  }),
  /** `Permissions-Policy` of the SPA’s pages. Default: every feature for the page itself, none for frames of other origins. */
  spaPermissionsPolicy: option(
    'SPA_PERMISSIONS_POLICY',
    z.string().refine(isPermissionsPolicy, 'is not a Permissions-Policy').default(defaultPermissionsPolicy),
    { remedy: 'Write it as geolocation=(self), payment=(self "https://pay.example").' },
  ),
  /**
   * `Cross-Origin-Opener-Policy` of the SPA’s pages: `same-origin-allow-popups`, `same-origin`, `noopener-allow-popups` or
   * `unsafe-none`. Default `same-origin-allow-popups`.
   */
  spaCoop: option(
    'SPA_COOP',
    z.enum(openerPolicies, 'is no value of Cross-Origin-Opener-Policy').default('same-origin-allow-popups'),
  ),
  /**
   * Name, logo, colour and words of the BFF’s own pages (errors, signing out). The logo is a path of our own origin. `texts`
   * replaces sentences by language: `{"en":{"Try again":"Once more"}}`. Without a name, the built SPA’s `application-name` or
   * title is shown. Default: none.
   */
  brand: option('BRAND', brandShape.superRefine(check(checkBrand)).default({}), {
    form: 'json',
    remedy: 'Write it as {"name":"My App","logoUrl":"/logo.svg","accentColor":"2a56c6"}.',
  }),
  /** SPA origins other than `publicUrl`, same-site with it. Default: none. */
  allowedOrigins: option('ALLOWED_ORIGINS', z.array(text(checkOrigin)).readonly().default([]), {
    form: 'list',
    remedy: 'Write scheme, host and port alone: https://app.example.',
  }),
} as const;
