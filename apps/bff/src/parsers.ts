import { isIP } from 'node:net';
import { type ApiRoute, type ClientAuth, isSessionStoreUrl, type OpenerPolicy } from '@foyer/fastify';

/** What a text of the environment turned out to be. */
type Parsed<T> =
  | { readonly value: T }
  /** What is wrong, never with the text itself, and what to do about it. */
  | { readonly problem: string; readonly remedy: string };

/** Reads one variable's text. */
export type Parser<T> = (text: string) => Parsed<T>;

/** Any text, as it is. */
export const parseText: Parser<string> = (text) => ({ value: text });

/** `true` or `false`. */
export const parseBoolean: Parser<boolean> = (text) =>
  text === 'true' || text === 'false'
    ? { value: text === 'true' }
    : { problem: 'is neither true nor false', remedy: 'Give one of the two.' };

const openerPolicies: readonly OpenerPolicy[] = [
  'same-origin-allow-popups',
  'same-origin',
  'noopener-allow-popups',
  'unsafe-none',
];

/** A value of Cross-Origin-Opener-Policy. */
export const parseOpenerPolicy: Parser<OpenerPolicy> = (text) => {
  const value = openerPolicies.find((each) => each === text);
  return value === undefined
    ? {
        problem: 'is no value of Cross-Origin-Opener-Policy',
        remedy: `Use one of ${openerPolicies.join(', ')}.`,
      }
    : { value };
};

/** A comma list; blanks around the items are dropped, empty items too. */
export const parseList: Parser<readonly string[]> = (text) => ({
  value: text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
});

const secondsOf: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `30m`, `12h` or plain seconds, as seconds. */
export const parseDuration: Parser<number> = (text) => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (amount === undefined)
    return { problem: 'is not a duration', remedy: 'Write it as 90s, 30m, 12h or plain seconds.' };
  return { value: Number(amount) * (secondsOf[unit ?? ''] ?? 1) };
};

const hour = 3600;

/** A duration of at most an hour: what a timer can hold, and an operator wait for. */
export const parseShortDuration: Parser<number> = (text) => {
  const parsed = parseDuration(text);
  return 'value' in parsed && !(parsed.value <= hour)
    ? { problem: 'is longer than 1h', remedy: 'Give 1h or less.' }
    : parsed;
};

/** An address or a host name to listen on. */
export const parseHost: Parser<string> = (text) =>
  isIP(text) > 0 ||
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
    ? { value: text }
    : { problem: 'is neither an address nor a host name', remedy: 'Write it as 127.0.0.1, 0.0.0.0 or ::.' };

const bytesOf: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** `10mb`, `512kb` or plain bytes, as bytes. */
export const parseSize: Parser<number> = (text) => {
  const [, amount, unit] = /^(\d+)\s*(b|kb|mb|gb)?$/i.exec(text) ?? [];
  if (amount === undefined)
    return { problem: 'is not a size', remedy: 'Write it as 10mb, 512kb or plain bytes.' };
  return { value: Number(amount) * (bytesOf[(unit ?? 'b').toLowerCase()] ?? 1) };
};

/** A whole number, 0 or more. */
export const parseCount: Parser<number> = (text) =>
  /^\d{1,9}$/.test(text)
    ? { value: Number(text) }
    : { problem: 'is not a whole number', remedy: 'Give 0 or more.' };

/** A TCP port. */
export const parsePort: Parser<number> = (text) =>
  /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) <= 65_535
    ? { value: Number(text) }
    : { problem: 'is not a port', remedy: 'Give a number between 1 and 65535.' };

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** A level of the log. */
export const parseLogLevel: Parser<string> = (text) =>
  logLevels.includes(text)
    ? { value: text }
    : { problem: 'is not a log level', remedy: `Use one of ${logLevels.join(', ')}.` };

/** How the client proves itself. */
export const parseClientAuth: Parser<ClientAuth> = (text) =>
  text === 'client_secret_basic' || text === 'client_secret_post'
    ? { value: text }
    : {
        problem: 'is not a client authentication method of Foyer',
        remedy: 'Use client_secret_basic or client_secret_post, or leave it out.',
      };

/** A query string as a record. */
export const parseQuery: Parser<Readonly<Record<string, string>>> = (text) => {
  const pairs = [...new URLSearchParams(text)];
  const names = pairs.map(([name]) => name);
  if (names.some((name) => name === '') || new Set(names).size !== names.length)
    return {
      problem: 'has a parameter twice or without a name',
      remedy: 'Write it as audience=https://api.example&prompt=consent.',
    };
  return { value: Object.fromEntries(pairs) };
};

const isCidr = (text: string): boolean => {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
};

/** A comma list of addresses and CIDRs. */
export const parseCidrs: Parser<readonly string[]> = (text) => {
  const items = text.split(',').map((item) => item.trim());
  return items.every(isCidr)
    ? { value: items }
    : {
        problem: 'holds something that is not an address or CIDR',
        remedy: 'Write it as 10.0.0.0/8,127.0.0.1.',
      };
};

/** An http or https URL. */
export const parseHttpUrl: Parser<string> = (text) =>
  URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? { value: text }
    : { problem: 'is not an http or https URL', remedy: 'Write it as http://localhost:5173.' };

/** Where sessions are kept. */
export const parseStoreUrl: Parser<string> = (text) =>
  isSessionStoreUrl(text)
    ? { value: text }
    : {
        problem: 'is not the address of a session store',
        remedy:
          'Use sqlite:<file>, memory:, redis://host:6379, redis+sentinel://host:26379/name or redis+cluster://host:6379.',
      };

const routesRemedy = 'Write it as [{"prefix":"/api/users","upstream":"http://localhost:4000/users"}].';
const routeKeys = ['prefix', 'upstream', 'auth', 'methods', 'timeout'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isAuth = (value: unknown): value is NonNullable<ApiRoute['auth']> =>
  value === 'required' || value === 'optional' || value === 'none';

const isMethods = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((method) => typeof method === 'string');

const parseTimeout = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  const parsed = typeof value === 'string' ? parseDuration(value) : undefined;
  return parsed && 'value' in parsed ? parsed.value : undefined;
};

const parseApiRoute = (route: unknown): ApiRoute | string => {
  if (!isObject(route)) return 'holds something that is not an object';
  const { prefix, upstream, auth, methods, timeout } = route;
  const unknownKey = Object.keys(route).find((key) => !routeKeys.includes(key));
  if (unknownKey !== undefined) return `has a key that is not one of ${routeKeys.join(', ')}`;
  if (typeof prefix !== 'string' || typeof upstream !== 'string')
    return 'has a route without prefix or upstream';
  if (auth !== undefined && !isAuth(auth)) return `${prefix}: auth is not required, optional or none`;
  if (methods !== undefined && !isMethods(methods)) return `${prefix}: methods is not a list of names`;
  const seconds = parseTimeout(timeout);
  if (timeout !== undefined && seconds === undefined) return `${prefix}: timeout is not a duration`;
  return {
    prefix,
    upstream,
    ...(isAuth(auth) && { auth }),
    ...(isMethods(methods) && { methods }),
    ...(seconds !== undefined && { timeout: seconds }),
  };
};

/** The table of proxied APIs, a JSON array. */
export const parseApiRoutes: Parser<readonly ApiRoute[]> = (text) => {
  const json = parseJson(text);
  if (!Array.isArray(json)) return { problem: 'is not a JSON array', remedy: routesRemedy };
  const routes: ApiRoute[] = [];
  for (const item of json) {
    const route = parseApiRoute(item);
    if (typeof route === 'string') return { problem: route, remedy: routesRemedy };
    routes.push(route);
  }
  return { value: routes };
};
