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

/** Whether it is an http or https URL. */
export const isHttpUrl = (value: string): boolean => /^https?:$/.test(URL.parse(value)?.protocol ?? '');

/** Refuses any scheme but https, and http on a loopback host. */
const requireSafeScheme = ({ protocol, hostname }: URL, refuse: Refuse, problem: string): boolean => {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) return true;
  refuse(problem, 'Use https; http is for loopback hosts only (localhost, 127.0.0.1, [::1]).');
  return false;
};

/** The URL of a text: https, or http on a loopback host, without credentials; anything else is refused. */
export const readSafeUrl = (text: string, refuse: Refuse): URL | undefined => {
  const url = URL.parse(text);
  if (url === null) {
    refuse('is not a URL');
    return undefined;
  }
  if (!requireSafeScheme(url, refuse, 'is not https')) return undefined;
  if (`${url.username}${url.password}` === '') return url;
  refuse('holds credentials', 'Leave user and password out of the URL.');
  return undefined;
};

/** Refuses what is no origin alone: https, or http on a loopback host. */
export const checkOrigin = (text: string, refuse: Refuse): void => {
  const url = URL.parse(text);
  if (url?.origin === text && !text.includes('*'))
    requireSafeScheme(url, refuse, 'holds an origin that is not https');
  else refuse('holds something that is not an origin');
};

/** Whether a text names an API as an authorization request does: a URL of any scheme without a fragment. @see RFC 8707 section 2 */
export const isResource = (text: string): boolean => URL.canParse(text) && !text.includes('#');
