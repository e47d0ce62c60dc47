import type { BffOrigin } from './bff-origin.ts';

/** How long a caller is kept waiting for a second try, in seconds. */
const longestWaitSeconds = 5;

const signsIn: readonly unknown[] = [
  'urn:foyer:problem:unauthenticated',
  'urn:foyer:problem:session_expired',
];

/** Whether the BFF itself says that no one is signed in; an upstream's own 401 is left alone. */
const needsSignIn = async (response: Response): Promise<boolean> => {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  if (response.status !== 401 || !isProblem) return false;
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null && 'type' in body && signsIn.includes(body.type);
};

/** Seconds of a `Retry-After`, which is a number of them or a date; `NaN` for anything else. @see RFC 9110 10.2.3 */
const parseWait = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) : Math.max(0, (Date.parse(text) - Date.now()) / 1000);

const isSafe = (method: string): boolean => /^(GET|HEAD)$/i.test(method);

/** Sends once more after the `Retry-After` of a 503, unless that is longer than a caller is kept waiting. */
const sendTwice = async (send: () => Promise<Response>): Promise<Response> => {
  const response = await send();
  const waitSeconds = parseWait(response.headers.get('retry-after') ?? '');
  if (response.status !== 503 || !(waitSeconds <= longestWaitSeconds)) return response;
  await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
  return send();
};

/** Fetches from the BFF, with the session. */
const fetchOwn = (input: Request | URL, init: RequestInit): Promise<Response> => {
  const send = (): Promise<Response> => fetch(input, { credentials: 'include', ...init });
  const method = init.method ?? (input instanceof Request ? input.method : 'GET');
  return isSafe(method) ? sendTwice(send) : send();
};

/** Creates the `fetch` of one BFF; requests to any other origin are the browser's own, without the session. */
export const createBffFetch =
  (origin: BffOrigin, signIn: () => void): typeof fetch =>
  async (input, init = {}) => {
    const target = origin.resolve(input instanceof Request ? input.url : input);
    const asked = input instanceof Request ? input : target;
    if (!origin.owns(target)) return fetch(asked, init);
    const response = await fetchOwn(asked, init);
    if (await needsSignIn(response)) signIn();
    return response;
  };
