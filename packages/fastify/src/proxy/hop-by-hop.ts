import type { IncomingHttpHeaders } from 'node:http';

/** Headers by their names in lower case. */
export type HeaderValues = Record<string, string | string[]>;

/** Headers that end at the next hop, whatever `Connection` says. @see RFC 9110 section 7.6.1 */
export const hopByHopHeaders: readonly string[] = [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

/** The headers that `Connection` names beside itself are hop-by-hop too. */
const readNamed = (connection: string | undefined): ReadonlySet<string> | undefined => {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = connection.toLowerCase().split(',');
  return new Set(names.map((name) => name.trim()));
};

/** The headers that pass, without those that `Connection` names. */
export const pickHeaders = (
  headers: IncomingHttpHeaders,
  passes: (name: string) => boolean,
): HeaderValues => {
  const named = readNamed(headers.connection);
  const picked: HeaderValues = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && passes(name) && !named?.has(name)) picked[name] = value;
  }
  return picked;
};
