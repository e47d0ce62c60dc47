import { isLoopbackHost } from '../browser-security/loopback-host.ts';
import type { Refuse } from './option.ts';

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
