/** One answer of a deployment to a client without a session. */
export interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The answers of a deployment to a client without a session. */
export interface OutsideView {
  readonly origin: string;
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

const ask = async (url: string, method: string, headers: Record<string, string>): Promise<SeenAnswer> => {
  const answer = await fetch(url, {
    method,
    headers,
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
  const base = `${origin}${basePath}`;
  const get = (path: string, headers: Record<string, string> = {}): Promise<SeenAnswer> =>
    ask(`${base}${path}`, 'GET', { accept: 'application/json', ...headers });
  const [
    page,
    me,
    login,
    callback,
    signOutFromElsewhere,
    signOutWithoutHeader,
    meFromElsewhere,
    encodedSlashPath,
  ] = await Promise.all([
    get('/', { accept: 'text/html' }),
    get('/api/me'),
    get('/login'),
    get('/login/callback?code=doctor&state=doctor'),
    ask(`${base}/logout`, 'POST', { accept: 'application/json', ...elsewhere }),
    ask(`${base}/logout`, 'POST', { accept: 'application/json' }),
    get('/api/me', elsewhere),
    get('/api/me/a%2fb'),
  ]);
  return {
    ...{ origin, isSecure: protocol === 'https:' },
    cookies: { path: basePath || '/', prefix: basePath === '' ? '__Host-Http-' : '__Secure-' },
    ...{
      page,
      me,
      login,
      callback,
      signOutFromElsewhere,
      signOutWithoutHeader,
      meFromElsewhere,
      encodedSlashPath,
    },
  };
};
