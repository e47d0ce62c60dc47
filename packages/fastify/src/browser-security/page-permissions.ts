const features = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope'],
  ...['magnetometer', 'microphone', 'midi', 'payment', 'usb'],
];

/** The default of the SPA's pages: each feature for the page itself, none for frames of other origins. */
export const defaultPermissionsPolicy = features.map((feature) => `${feature}=(self)`).join(', ');

/** Whether browsers read it as a Permissions-Policy. The older form, `camera 'self'`, has no effect. */
export const isPermissionsPolicy = (text: string): boolean =>
  text.split(',').every((member) => /^\s*[a-z-]+=(\*|self|\([\x20-\x7e]*\))\s*$/.test(member));

/** The values of Cross-Origin-Opener-Policy. */
export const openerPolicies = [
  'same-origin-allow-popups',
  'same-origin',
  'noopener-allow-popups',
  'unsafe-none',
] as const;

/** One value of Cross-Origin-Opener-Policy. @see HTML section 7.1.3 */
export type OpenerPolicy = (typeof openerPolicies)[number];
