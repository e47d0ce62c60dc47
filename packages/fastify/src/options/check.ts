import { isLoopbackHost } from '../browser-security/loopback-host.ts';
import type { BffOptions } from '../options.ts';

/** Everything that is a value; the store is a thing, and whoever opens it finds out. */
export type Values = Omit<BffOptions, 'sessionStore'>;

/** Tells each problem of one option, with what to do. */
export type Check = (report: (problem: string, remedy: string) => void) => void;

/** A URL, or `undefined` for what is none. */
export const parseUrl = (value: string): URL | undefined =>
  URL.canParse(value) ? new URL(value) : undefined;

/** Whether it is https, or http on a loopback host. */
export const isSafeScheme = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));

/** What is said of any other scheme. */
export const httpsRemedy = 'Use https; http is for loopback hosts only (localhost, 127.0.0.1, [::1]).';

/** A duration within these bounds, where it is given. */
export const checkSeconds =
  (option: keyof Values, options: Values, { least, most }: { least: number; most: number }): Check =>
  (report) => {
    const value = options[option];
    if (value === undefined) return;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
      report(`is not between ${least} and ${most} seconds`, 'Give a duration such as 90s, 30m or 12h.');
    }
  };

/** A whole number, where it is given. */
export const checkCount =
  (option: 'rateLimitLogin' | 'apiMaxBody', options: Values): Check =>
  (report) => {
    const value = options[option];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      report('is not a whole number', 'Give 0 or more.');
    }
  };
