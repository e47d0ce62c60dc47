import { isLoopbackHost } from '../options/urls.ts';
import type { JsonObject } from './json-object.ts';

/** Whether a URL can be an endpoint: https, or http on a loopback host, without credentials and fragment. */
export const isEndpoint = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
};

const isHttp = (url: unknown): boolean => typeof url === 'string' && /^http:/i.test(url);

/**
 * An endpoint of the metadata; `undefined` for one that cannot be used. A provider on https that names http on a loopback
 * host would have our secret sent to a neighbour of ours.
 */
export const readEndpoint = (document: JsonObject, name: string): string | undefined => {
  const value = document[name];
  const isSafe =
    typeof value === 'string' && isEndpoint(value) && (!isHttp(value) || isHttp(document.issuer));
  return isSafe ? value : undefined;
};
