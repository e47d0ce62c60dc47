import type { Refuse } from './option.ts';

/**
 * Whether a URL's `hostname` is this machine: `localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`.
 *
 * @see RFC 6761 section 6.3; RFC 6890 section 2.2.2
 */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);

/** A URL, or `undefined` for a text that is none. */
export const parseUrl = (value: string): URL | undefined =>
  URL.canParse(value) ? new URL(value) : undefined;

const isSafeScheme = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));

/** Refuses any scheme but https, and http on a loopback host. */
export const requireSafeScheme = (url: URL, refuse: Refuse, problem = 'is not https'): boolean => {
  if (isSafeScheme(url)) return true;
  refuse(problem, 'Use https; http is for loopback hosts only (localhost, 127.0.0.1, [::1]).');
  return false;
};

/** Refuses user and password in a URL. */
export const refuseCredentials = (url: URL, refuse: Refuse): void => {
  if (url.username !== '' || url.password !== '')
    refuse('holds credentials', 'Leave user and password out of the URL.');
};

/** Whether it is an http or https URL. */
export const isHttpUrl = (value: string): boolean => /^https?:$/.test(parseUrl(value)?.protocol ?? '');
