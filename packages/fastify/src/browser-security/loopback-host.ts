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
