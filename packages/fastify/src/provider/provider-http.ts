import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { type Observe, secondsSince } from '../logging/observation.ts';
import { isLoopbackHost } from '../options/urls.ts';
import { Problem } from '../problems.ts';
import type { TlsIdentity } from './client-credentials.ts';
import { decodeContent } from './content-encoding.ts';

/** What one request to the provider carries. */
interface ProviderRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Seconds for the whole request. Default: the provider timeout; never more. */
  readonly limit: number;
}

/** An answer of the provider, read to its end. */
export interface ProviderAnswer {
  readonly status: number;
  readonly text: string;
  /** The value of a header by its lower-case name; several are one, with commas between. */
  readonly header: (name: string) => string | undefined;
}

/** Requests to the provider: bounded in time and size, on kept connections, never following a redirect. */
export interface ProviderHttp {
  /** @throws Problem `provider_unavailable`, `provider_timeout` or `provider_invalid_response` (too large). */
  readonly send: (url: string, request?: Partial<ProviderRequest>) => Promise<ProviderAnswer>;
  readonly close: () => Promise<void>;
}

/** Bytes of an answer, before and after its content encoding is undone. */
const maxBodyBytes = 1024 * 1024;
const decoder = new TextDecoder();

const tooLarge = (origin: string): Problem =>
  new Problem('provider_invalid_response', `${origin} answered more than ${maxBodyBytes} bytes`);

const tooLate = (origin: string): Problem =>
  new Problem('provider_timeout', `${origin} did not answer in time: look at OIDC_TIMEOUT and the provider`, {
    retryAfter: 5,
  });

const unreachable = (origin: string, cause: unknown): Problem =>
  new Problem('provider_unavailable', `${origin} cannot be reached: look at OIDC_ISSUER and the network`, {
    cause,
    retryAfter: 5,
  });

const joinValues = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

/** Not `maxResponseSize` of undici: its SOCKS proxies, and those for http, do not know it. */
const readBody = async (body: AsyncIterable<Buffer>, origin: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    // Leaving the loop closes the connection.
    if (size > maxBodyBytes) throw tooLarge(origin);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

const exchange = async (
  dispatcher: Dispatcher,
  url: URL,
  { method, headers, body, limit }: ProviderRequest,
): Promise<ProviderAnswer> => {
  const { origin, pathname, search } = url;
  const stop = new AbortController();
  // Not `AbortSignal.timeout`: it would make an error, with its stack, long after each request that was answered in time.
  const timer = setTimeout(() => stop.abort(), limit * 1000);
  try {
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: method === 'POST' ? 'POST' : 'GET',
      headers: { 'accept-encoding': 'identity', ...headers },
      body: body ?? null,
      signal: stop.signal,
    });
    const header = (name: string): string | undefined => joinValues(answer.headers[name]);
    const sent = await readBody(answer.body, origin);
    const plain = await decodeContent(sent, header('content-encoding'), maxBodyBytes);
    if (plain === undefined) throw tooLarge(origin);
    return { status: answer.statusCode, text: decoder.decode(plain), header };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw stop.signal.aborted ? tooLate(origin) : unreachable(origin, error);
  } finally {
    clearTimeout(timer);
  }
};

/** The ways to the provider: to a loopback host there is no proxy. */
const openWays = (tls: TlsIdentity | undefined) => {
  const settings = { keepAliveTimeout: 10_000, connections: 64 };
  const connect = tls && { connect: { ...tls } };
  return {
    tls,
    direct: new Agent({ ...settings, ...connect }),
    throughProxy: new EnvHttpProxyAgent({ ...settings, ...connect, ...(tls && { requestTls: { ...tls } }) }),
  };
};

/**
 * Opens the connections to the provider; `timeout` is in seconds and covers a whole request. `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` are honoured, but for loopback hosts.
 */
export const createProviderHttp = (
  timeout: number,
  currentTls: () => TlsIdentity | undefined,
  observe?: Observe,
): ProviderHttp => {
  let ways = openWays(currentTls());
  /** A new certificate has new connections; requests on the old ones are finished. */
  const currentWays = (): typeof ways => {
    const tls = currentTls();
    if (tls === ways.tls) return ways;
    void ways.direct.close();
    void ways.throughProxy.close();
    ways = openWays(tls);
    return ways;
  };
  const send: ProviderHttp['send'] = async (address, options = {}) => {
    const { method = 'GET', headers = {}, body, limit = timeout } = options;
    const url = new URL(address);
    const start = performance.now();
    const report = (status: number | 'failed'): void =>
      observe?.({ kind: 'provider_call', endpoint: url.pathname, status, seconds: secondsSince(start) });
    const request = { method, headers, body, limit: Math.min(limit, timeout) };
    try {
      const { direct, throughProxy } = currentWays();
      const answer = await exchange(isLoopbackHost(url.hostname) ? direct : throughProxy, url, request);
      report(answer.status);
      return answer;
    } catch (error) {
      report('failed');
      throw error;
    }
  };
  return {
    send,
    close: async () => {
      await Promise.all([ways.direct.destroy(), ways.throughProxy.destroy()]);
    },
  };
};
