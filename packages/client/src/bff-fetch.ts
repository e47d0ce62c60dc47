import type { BffOrigin } from './bff-origin.ts';

/** The longest `Retry-After` that is waited for. */
const maxRetryAfterSeconds = 5;

/** The sign-ins that a 401 of the BFF asks for. */
export interface SignIns {
  /** No one is signed in. */
  readonly signIn: () => void;
  /** The sign-in is too weak or too old; the address asks for a better one. */
  readonly stepUp: (loginUrl: string) => void;
}

/** Starts the sign-in that the BFF itself asks for. An upstream's own 401 is passed to the caller unchanged. */
const followRefusal = async (response: Response, { signIn, stepUp }: SignIns): Promise<void> => {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  if (response.status !== 401 || !isProblem) return;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof body !== 'object' || body === null || !('type' in body)) return;
  const { type } = body;
  if (type === 'urn:foyer:problem:unauthenticated' || type === 'urn:foyer:problem:session_expired') signIn();
  if (type === 'urn:foyer:problem:step_up_required' && 'loginUrl' in body) stepUp(String(body.loginUrl));
};

/** The seconds of a `Retry-After`, written as a number or as a date; `NaN` for anything else. @see RFC 9110 10.2.3 */
const parseRetryAfter = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) : Math.max(0, (Date.parse(text) - Date.now()) / 1000);

const isSafe = (method: string): boolean => /^(GET|HEAD)$/i.test(method);

/** Sends a request, and once more after the `Retry-After` of a 503, unless that is above the limit. */
const sendWithRetry = async (send: () => Promise<Response>): Promise<Response> => {
  const response = await send();
  const waitSeconds = parseRetryAfter(response.headers.get('retry-after') ?? '');
  if (response.status !== 503 || !(waitSeconds <= maxRetryAfterSeconds)) return response;
  await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
  return send();
};

/** Sends a request to the BFF with the session cookie. */
const fetchOwn = (input: Request | URL, init: RequestInit): Promise<Response> => {
  const send = (): Promise<Response> => fetch(input, { credentials: 'include', ...init });
  const method = init.method ?? (input instanceof Request ? input.method : 'GET');
  return isSafe(method) ? sendWithRetry(send) : send();
};

/** The address of a request: a path that is not below the BFF's own path yet is one of the BFF's paths. */
const targetOf = (origin: BffOrigin, input: Parameters<typeof fetch>[0]): URL => {
  const target = origin.resolve(input instanceof Request ? input.url : input);
  const isPath = typeof input === 'string' && input.startsWith('/') && !input.startsWith('//');
  return isPath && !origin.owns(target) ? origin.at(input) : target;
};

/** Creates the `fetch` of one BFF. Requests to other origins go to the browser's `fetch`, without the session cookie. */
export const createBffFetch =
  (origin: BffOrigin, signIns: SignIns): typeof fetch =>
  async (input, init = {}) => {
    const target = targetOf(origin, input);
    const asked = input instanceof Request ? input : target;
    if (!origin.owns(target)) return fetch(asked, init);
    const response = await fetchOwn(asked, init);
    await followRefusal(response, signIns);
    return response;
  };
