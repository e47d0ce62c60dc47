import { paths } from '@foyer/contract';
import { securePrefix } from '@foyer/fastify/session-cookie';

/** One answer of a deployment to a client without a session. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The answers of a deployment to a client without a session. */
export interface OutsideView {
  /** What the cookies of a deployment at this path have. */
  readonly cookies: { readonly path: string; readonly prefix: string };
  readonly isSecure: boolean;
  readonly page: SeenAnswer;
  readonly me: SeenAnswer;
  readonly login: SeenAnswer;
  readonly callback: SeenAnswer;
  readonly signOutFromElsewhere: SeenAnswer;
  readonly signOutWithoutHeader: SeenAnswer;
  readonly meFromElsewhere: SeenAnswer;
  readonly encodedSlashPath: SeenAnswer;
}

const elsewhere = {
  origin: 'https://stranger.example',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
};

const ask = async (url: string, method: string, headers = {}): Promise<SeenAnswer> => {
  const answer = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...headers },
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

/**
 * Sends eight requests to a deployment, none of which changes anything.
 *
 * @throws TypeError when it cannot be reached.
 */
export const lookFromOutside = async (url: string): Promise<OutsideView> => {
  const { origin, pathname, protocol } = new URL(url);
  const basePath = pathname.replace(/\/$/, '');
  const get = (path: string, headers?: Record<string, string>): Promise<SeenAnswer> =>
    ask(`${origin}${basePath}${path}`, 'GET', headers);
  const signOut = (headers?: Record<string, string>): Promise<SeenAnswer> =>
    ask(`${origin}${basePath}${paths.logout}`, 'POST', headers);
  return {
    isSecure: protocol === 'https:',
    cookies: { path: basePath || '/', prefix: securePrefix(basePath) },
    page: await get('/', { accept: 'text/html' }),
    me: await get(paths.me),
    login: await get(paths.login),
    callback: await get(`${paths.callback}?code=doctor&state=doctor`),
    signOutFromElsewhere: await signOut(elsewhere),
    signOutWithoutHeader: await signOut(),
    meFromElsewhere: await get(paths.me, elsewhere),
    encodedSlashPath: await get(`${paths.me}/a%2fb`),
  };
};
