import { isOpenerPolicy, isPermissionsPolicy, openerPolicies } from '../browser-security/page-permissions.ts';
import { findIneffectiveAddition } from '../browser-security/policy-additions.ts';
import { type Check, httpsRemedy, isSafeScheme, parseUrl, type Values } from './check.ts';

/** A safe origin. */
export const checkPublicUrl =
  ({ publicUrl }: Values): Check =>
  (report) => {
    const url = parseUrl(publicUrl ?? '');
    if (!url) return report('is not a URL', 'Give the origin that the browser sees: https://app.example.');
    if (!isSafeScheme(url)) return report('is not https', httpsRemedy);
    if (url.username !== '' || url.password !== '')
      return report('holds credentials', 'Leave user and password out of the URL.');
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      report('has a path', `Give the origin alone: ${url.origin}.`);
    }
  };

/** Safe origins, written as such. */
export const checkAllowedOrigins =
  ({ allowedOrigins }: Values): Check =>
  (report) => {
    for (const origin of allowedOrigins ?? []) {
      const url = parseUrl(origin);
      if (!url || url.origin !== origin || origin.includes('*')) {
        report(
          'holds something that is not an origin',
          'Write scheme, host and port alone: https://app.example.',
        );
      } else if (!isSafeScheme(url)) report('holds an origin that is not https', httpsRemedy);
    }
  };

/** An addition to the policy all of which takes effect in browsers. */
export const checkSpaCsp =
  ({ spaCsp = '' }: Values): Check =>
  (report) => {
    if (!/^[\x20-\x7e]*$/.test(spaCsp)) {
      return report(
        'holds characters that no policy has',
        'Write it as img-src https://cdn.example; connect-src https://api.example.',
      );
    }
    const problem = findIneffectiveAddition(spaCsp);
    if (problem !== undefined)
      report(problem, "Write it as style-src 'unsafe-inline'; img-src https://cdn.example.");
  };

/** A policy in the form that browsers read. */
export const checkSpaPermissionsPolicy =
  ({ spaPermissionsPolicy }: Values): Check =>
  (report) => {
    if (spaPermissionsPolicy !== undefined && !isPermissionsPolicy(spaPermissionsPolicy))
      report(
        'is not a Permissions-Policy',
        'Write it as geolocation=(self), payment=(self "https://pay.example").',
      );
  };

/** One of the values that browsers know. */
export const checkSpaCoop =
  ({ spaCoop }: Values): Check =>
  (report) => {
    if (spaCoop !== undefined && !isOpenerPolicy(spaCoop))
      report('is no value of Cross-Origin-Opener-Policy', `Use one of ${openerPolicies.join(', ')}.`);
  };

/** A dev server that can be asked, where one is given. */
export const checkSpa =
  ({ spa }: Values): Check =>
  (report) => {
    if (spa === undefined || 'dir' in spa) return;
    const url = parseUrl(spa.devServer);
    if (!url || !/^https?:$/.test(url.protocol)) {
      report('has a dev server that is not an http or https URL', 'Write it as http://localhost:5173.');
    }
  };
