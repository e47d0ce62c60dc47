import { Agent, request } from 'undici';
import { type Observe, secondsSince } from '../observation.ts';
import { Problem } from '../problems.ts';

/** What one request to the provider carries. */
interface ProviderRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  /** Seconds for the whole request. Default: the provider timeout; never more. */
  readonly limit: number;
}

/** Requests to the provider: bounded in time and size, on kept connections, never following a redirect. */
export interface ProviderHttp {
  /** @throws Problem `provider_unavailable`, `provider_timeout` or `provider_invalid_response` (too large). */
  readonly send: (url: string, request?: Partial<ProviderRequest>) => Promise<Response>;
  readonly close: () => Promise<void>;
}

const maxBody = 1024 * 1024;
const withoutBody = new Set([204, 205, 304]);

const readBounded = async (body: AsyncIterable<Uint8Array>, origin: string): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBody) {
      throw new Problem('provider_invalid_response', `${origin} answered more than ${maxBody} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const transportProblem = (error: unknown, origin: string, signal: AbortSignal): Problem => {
  if (error instanceof Problem) return error;
  if (signal.aborted) {
    const message = `${origin} did not answer in time: look at OIDC_TIMEOUT and the provider`;
    return new Problem('provider_timeout', message, { cause: error, retryAfter: 5 });
  }
  const message = `${origin} cannot be reached: look at OIDC_ISSUER and the network`;
  return new Problem('provider_unavailable', message, { cause: error, retryAfter: 5 });
};

const headersOf = (raw: Record<string, string | string[] | undefined>): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) headers.append(name, one);
  }
  return headers;
};

/** Opens the connections to the provider; `timeout` is in seconds and covers a whole request. */
export const createProviderHttp = (timeout: number, observe?: Observe): ProviderHttp => {
  const agent = new Agent({ keepAliveTimeout: 10_000, connections: 64 });
  const send: ProviderHttp['send'] = async (url, options = {}) => {
    const { method = 'GET', headers = {}, body, limit = timeout } = options;
    const signal = AbortSignal.timeout(Math.min(limit, timeout) * 1000);
    const { origin, pathname: endpoint } = new URL(url);
    const start = performance.now();
    const tell = (status: number | 'failed'): void =>
      observe?.({ kind: 'provider_call', endpoint, status, seconds: secondsSince(start) });
    try {
      const answer = await request(url, { dispatcher: agent, signal, method, headers, body: body ?? null });
      const bytes = await readBounded(answer.body, origin);
      tell(answer.statusCode);
      const content = withoutBody.has(answer.statusCode) ? null : new Uint8Array(bytes);
      return new Response(content, { status: answer.statusCode, headers: headersOf(answer.headers) });
    } catch (error) {
      tell('failed');
      throw transportProblem(error, origin, signal);
    }
  };
  return { send, close: () => agent.destroy() };
};
