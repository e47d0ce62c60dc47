import { Agent, type Dispatcher } from 'undici';
import { type Observe, secondsSince } from '../logging/observation.ts';
import { memoize } from '../memoize.ts';
import { Problem } from '../problems.ts';

/** What one request to the provider carries. */
interface ProviderRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
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

/** Where a request goes. */
interface Target {
  readonly origin: string;
  readonly pathname: string;
  readonly path: string;
}

/** Addresses whose parts are remembered: a provider has a handful. */
const mostTargets = 32;

const parseTarget = (address: string): Target => {
  const { origin, pathname, search } = new URL(address);
  return { origin, pathname, path: `${pathname}${search}` };
};

const maxBody = 1024 * 1024;
const decoder = new TextDecoder();

const tooLarge = (origin: string): Problem =>
  new Problem('provider_invalid_response', `${origin} answered more than ${maxBody} bytes`);

const tooLate = (origin: string): Problem =>
  new Problem('provider_timeout', `${origin} did not answer in time: look at OIDC_TIMEOUT and the provider`, {
    retryAfter: 5,
  });

const unreachable = (origin: string, cause: unknown): Problem =>
  new Problem('provider_unavailable', `${origin} cannot be reached: look at OIDC_ISSUER and the network`, {
    cause,
    retryAfter: 5,
  });

const createAnswer = (
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  pieces: readonly Buffer[],
): ProviderAnswer => ({
  status,
  text: decoder.decode(Buffer.concat(pieces)),
  header: (name) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  },
});

/** One request, whose every end is the first: an answer, a failure, or the limit. */
const exchange = (
  agent: Agent,
  { origin, path }: Target,
  { method, headers, body, limit }: ProviderRequest,
): Promise<ProviderAnswer> =>
  new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let failure: Problem | undefined;
    let status = 0;
    let answered: Readonly<Record<string, string | string[] | undefined>> = {};
    let size = 0;
    const pieces: Buffer[] = [];

    const fail = (problem: Problem): void => {
      if (failure !== undefined) return;
      failure = problem;
      clearTimeout(timer);
      reject(problem);
      controller?.abort(problem);
    };
    const timer = setTimeout(() => fail(tooLate(origin)), limit * 1000);

    agent.dispatch(
      { origin, path, method, headers, body: body ?? null },
      {
        onRequestStart: (given) => {
          controller = given;
          if (failure !== undefined) given.abort(failure);
        },
        onResponseStart: (_controller, code, received) => {
          status = code;
          answered = received;
        },
        onResponseData: (_controller, piece) => {
          size += piece.length;
          if (size > maxBody) fail(tooLarge(origin));
          else pieces.push(piece);
        },
        onResponseEnd: () => {
          clearTimeout(timer);
          resolve(createAnswer(status, answered, pieces));
        },
        onResponseError: (_controller, error) => fail(unreachable(origin, error)),
      },
    );
  });

/** Opens the connections to the provider; `timeout` is in seconds and covers a whole request. */
export const createProviderHttp = (timeout: number, observe?: Observe): ProviderHttp => {
  const agent = new Agent({ keepAliveTimeout: 10_000, connections: 64 });
  const readTarget = memoize(mostTargets, parseTarget);
  const send: ProviderHttp['send'] = async (address, options = {}) => {
    const { method = 'GET', headers = {}, body, limit = timeout } = options;
    const target = readTarget(address);
    const start = performance.now();
    const tell = (status: number | 'failed'): void =>
      observe?.({
        kind: 'provider_call',
        endpoint: target.pathname,
        status,
        seconds: secondsSince(start),
      });
    try {
      const answer = await exchange(agent, target, {
        method,
        headers,
        body,
        limit: Math.min(limit, timeout),
      });
      tell(answer.status);
      return answer;
    } catch (error) {
      tell('failed');
      throw error instanceof Problem ? error : unreachable(target.origin, error);
    }
  };
  return { send, close: () => agent.destroy() };
};
