import type { FastifyRequest } from 'fastify';
import { readQuery } from '../login/login-hints.ts';
import { parseRequirement, type Requirement } from '../options/requirement.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';

const refuse = (reason: string, cause?: unknown): Problem => new Problem('bad_request', reason, { cause });

const parseFlag = (value: string | null): boolean => {
  if (value === null || value === 'false') return false;
  if (value === 'true') return true;
  throw refuse('redirect and token of the gate are true or false');
};

const readRequirement = (text: string): Requirement => {
  try {
    return parseRequirement(JSON.parse(text));
  } catch (error) {
    throw refuse('require of the gate is not a requirement as in docs/gate.md', error);
  }
};

/** Unknown and doubled parameters are refused: a misspelt one would open the gate. */
export const readParameters = (url: string, known: readonly string[]): URLSearchParams => {
  const { parameters } = readQuery(url);
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length || names.some((name) => !known.includes(name)))
    throw refuse(`The gate knows ${known.join(', ')}, each once`);
  return parameters;
};

/** What a server wants of the gate. */
export interface GateQuestion {
  /** Whether a navigation without a session is sent to the sign-in instead of refused. */
  readonly redirects: boolean;
  /** Whether the access token is wanted too. */
  readonly wantsToken: boolean;
  /** What the session must have. */
  readonly requirement: Requirement | undefined;
}

/** Reads the query of `GET /gate`. @throws Problem `bad_request` for a parameter that is unknown or not well-formed. */
export const parseQuestion = (url: string): GateQuestion => {
  const parameters = readParameters(url, ['redirect', 'token', 'require']);
  const requirement = parameters.get('require');
  return {
    redirects: parseFlag(parameters.get('redirect')),
    wantsToken: parseFlag(parameters.get('token')),
    requirement: requirement === null ? undefined : readRequirement(requirement),
  };
};

/** The request that a server in front asks the gate about, as far as it is known. */
export interface OriginalRequest {
  /** Whether a proxy that is trusted asks, and says what for. */
  readonly isForwarded: boolean;
  readonly method: string;
  /** The address of a request that can be repeated and is for our host; `undefined` for every other request. */
  readonly url: URL | undefined;
}

/** Cookies are for one host, whatever its port: on another host no sign-in would ever show. */
const isOurs = (
  { origin, hostname }: URL,
  { publicOrigin, allowedOrigins }: Pick<ResolvedOptions, 'publicOrigin' | 'allowedOrigins'>,
): boolean =>
  origin === publicOrigin || (allowedOrigins.includes(origin) && hostname === new URL(publicOrigin).hostname);

/**
 * Reads `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` of a trusted proxy. Fastify believes in a proxy's
 * `X-Forwarded-For` alone when `trustProxy` names it, and lists the addresses then.
 *
 * @param path where the request goes when the proxy does not say it in a header, as Envoy does; else `undefined`.
 */
export const readOriginalRequest = (
  request: FastifyRequest,
  options: ResolvedOptions,
  path?: string,
): OriginalRequest => {
  const { headers, ips = [], protocol, host, method } = request;
  const uri = path ?? headers['x-forwarded-uri'];
  if (ips.length < 2 || typeof uri !== 'string') return { isForwarded: false, method, url: undefined };
  const forwarded = path === undefined ? headers['x-forwarded-method'] : undefined;
  const original = typeof forwarded === 'string' ? forwarded.toUpperCase() : method;
  const isRepeatable = uri.startsWith('/') && (original === 'GET' || original === 'HEAD');
  const url = isRepeatable ? URL.parse(`${protocol}://${host}${uri}`) : null;
  return { isForwarded: true, method: original, url: url !== null && isOurs(url, options) ? url : undefined };
};
