import { isLoopbackHost } from './loopback-host.ts';
import type { ApiRoute, BffOptions, OptionIssue } from './options.ts';

const asymmetricAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Parameters of the authorization request that are ours alone. */
const reservedParams = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
  'request',
  'request_uri',
  'client_secret',
];

/** Everything that is a value; the store is a thing, and whoever opens it finds out. */
type Values = Omit<BffOptions, 'sessionStore'>;

type Check = (report: (problem: string, remedy: string) => void) => void;

const parseUrl = (value: string): URL | undefined => (URL.canParse(value) ? new URL(value) : undefined);

const isSafeScheme = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));

const httpsRemedy = 'Use https; http is for loopback hosts only (localhost, 127.0.0.1, [::1]).';

const checkIssuer =
  ({ issuer }: Values): Check =>
  (report) => {
    const url = parseUrl(issuer ?? '');
    if (!url) return report('is not a URL', 'Copy the issuer from the provider: https://tenant.example.');
    if (!isSafeScheme(url)) return report('is not https', httpsRemedy);
    if (url.username !== '' || url.password !== '')
      report('holds credentials', 'Leave user and password out of the URL.');
    if (url.hash !== '') report('has a fragment', 'Leave the part from # on out.');
    if (url.search !== '' && !url.pathname.includes('/.well-known/'))
      report('has a query', 'Leave the part from ? on out.');
  };

const checkPublicUrl =
  ({ publicUrl }: Values): Check =>
  (report) => {
    const url = parseUrl(publicUrl ?? '');
    if (!url) return report('is not a URL', 'Give the origin that the browser sees: https://app.example.');
    if (!isSafeScheme(url)) return report('is not https', httpsRemedy);
    if (url.username !== '' || url.password !== '')
      return report('holds credentials', 'Leave user and password out of the URL.');
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      report('has a path', `Give the origin alone: ${url.origin}.`);
    }
  };

const checkClientSecret =
  ({ clientSecret }: Values): Check =>
  (report) => {
    if (clientSecret === undefined || clientSecret === '') {
      report('is missing', 'Copy the client secret from the provider; Foyer is a confidential client.');
    }
  };

const knownKeys = new Set([Buffer.alloc(32).toString('base64'), Buffer.alloc(32, 1).toString('base64')]);

const isWeakKey = (key: Buffer): boolean =>
  new Set(key).size < 12 ||
  /^[\x20-\x7e]{32}$/.test(key.toString('latin1')) ||
  knownKeys.has(key.toString('base64'));

const checkSessionKeys =
  ({ sessionKeys }: Values): Check =>
  (report) => {
    const remedy = 'Make one with: pnpm key.';
    if (!sessionKeys?.length) return report('is empty', remedy);
    sessionKeys.forEach((text, index) => {
      const key = Buffer.from(text, 'base64');
      const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(text);
      if (!isBase64 || key.length !== 32) report(`key ${index + 1} is not 32 bytes in base64`, remedy);
      else if (isWeakKey(key)) report(`key ${index + 1} is not random`, remedy);
    });
    if (new Set(sessionKeys).size !== sessionKeys.length)
      report('holds the same key twice', 'Leave one of them out.');
  };

const checkScope =
  ({ scope }: Values): Check =>
  (report) => {
    if (scope !== undefined && !scope.split(' ').includes('openid')) {
      report('does not contain openid', 'Add it: openid profile email.');
    }
  };

const checkAlgorithm =
  ({ idTokenAlg }: Values): Check =>
  (report) => {
    if (idTokenAlg !== undefined && !asymmetricAlgorithms.includes(idTokenAlg)) {
      report('is not an accepted signature algorithm', `Use one of ${asymmetricAlgorithms.join(', ')}.`);
    }
  };

const checkAuthorizationParams =
  ({ authorizationParams }: Values): Check =>
  (report) => {
    for (const name of Object.keys(authorizationParams ?? {})) {
      if (reservedParams.includes(name)) report(`sets ${name}, which is Foyer’s own`, 'Leave it out.');
    }
  };

const checkLogoutUrl =
  ({ logoutUrl }: Values): Check =>
  (report) => {
    if (logoutUrl === undefined) return;
    const url = parseUrl(logoutUrl.replaceAll(/\{(client_id|return_to)\}/g, 'x'));
    if (!url)
      report(
        'is not a URL',
        'Give it as https://tenant.example/v2/logout?client_id={client_id}&returnTo={return_to}.',
      );
    else if (!isSafeScheme(url)) report('is not https', httpsRemedy);
  };

const checkSeconds =
  (option: keyof Values, options: Values, { least, most }: { least: number; most: number }): Check =>
  (report) => {
    const value = options[option];
    if (value === undefined) return;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
      report(`is not between ${least} and ${most} seconds`, 'Give a duration such as 90s, 30m or 12h.');
    }
  };

const checkCookieName =
  ({ cookieName }: Values): Check =>
  (report) => {
    if (cookieName !== undefined && !/^(?!__)[A-Za-z0-9_-]{1,32}$/.test(cookieName)) {
      report(
        'is not a plain cookie name',
        'Use 1 to 32 letters, digits, hyphens and underscores, and leave __Host- out.',
      );
    }
  };

const checkAllowedOrigins =
  ({ allowedOrigins }: Values): Check =>
  (report) => {
    for (const origin of allowedOrigins ?? []) {
      const url = parseUrl(origin);
      if (!url || url.origin !== origin || origin.includes('*')) {
        report(
          'holds something that is not an origin',
          'Write scheme, host and port alone: https://app.example.',
        );
      } else if (!isSafeScheme(url)) report('holds an origin that is not https', httpsRemedy);
    }
  };

const checkApiRoute = (route: ApiRoute, report: (problem: string, remedy: string) => void): void => {
  const { prefix, upstream, auth, methods, timeout } = route;
  const name = typeof prefix === 'string' ? prefix : 'a route';
  if (
    typeof prefix !== 'string' ||
    !/^\/api(\/[A-Za-z0-9._~-]+)+$/.test(prefix) ||
    /\/\.{1,2}(\/|$)/.test(prefix)
  ) {
    report(`${name}: prefix is not a plain path below /api/`, 'Write it as /api/users.');
  } else if (/^\/api\/me(\/|$)/.test(prefix)) {
    report(`${name}: /api/me is Foyer’s own`, 'Choose another prefix.');
  }
  const url = typeof upstream === 'string' ? parseUrl(upstream) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    report(`${name}: upstream is not an http or https URL`, 'Write it as http://localhost:4000/users.');
  } else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    report(
      `${name}: upstream has credentials, a query or a fragment`,
      'Give scheme, host, port and path alone.',
    );
  }
  if (auth !== undefined && !['required', 'optional', 'none'].includes(auth)) {
    report(`${name}: auth is unknown`, 'Use required, optional or none.');
  }
  if (
    methods !== undefined &&
    !(Array.isArray(methods) && methods.every((method) => /^[A-Z]+$/.test(String(method))))
  ) {
    report(`${name}: methods is not a list of method names`, 'Write it as ["GET","POST"].');
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0 && timeout <= 3600)) {
    report(`${name}: timeout is not between 0 and 3600 seconds`, 'Give seconds: 15.');
  }
};

const checkApiRoutes =
  ({ apiRoutes }: Values): Check =>
  (report) => {
    for (const route of apiRoutes ?? []) checkApiRoute(route, report);
    const prefixes = (apiRoutes ?? []).map(({ prefix }) => prefix);
    if (new Set(prefixes).size !== prefixes.length)
      report('holds one prefix twice', 'Leave one of them out.');
  };

const checkSpaCsp =
  ({ spaCsp }: Values): Check =>
  (report) => {
    if (spaCsp !== undefined && !/^[\x20-\x7e]*$/.test(spaCsp)) {
      report(
        'holds characters that no policy has',
        'Write it as img-src https://cdn.example; connect-src https://api.example.',
      );
    }
  };

const checkSpa =
  ({ spa }: Values): Check =>
  (report) => {
    if (spa === undefined || 'dir' in spa) return;
    const url = parseUrl(spa.devServer);
    if (!url || !/^https?:$/.test(url.protocol)) {
      report('has a dev server that is not an http or https URL', 'Write it as http://localhost:5173.');
    }
  };

const checkCount =
  (option: 'rateLimitLogin' | 'apiMaxBody', options: Values): Check =>
  (report) => {
    const value = options[option];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      report('is not a whole number', 'Give 0 or more.');
    }
  };

const checksOf = (options: Values): Partial<Record<keyof Values, Check>> => {
  const year = 366 * 86_400;
  const seconds = (option: keyof Values, least: number, most: number): Check =>
    checkSeconds(option, options, { least, most });
  return {
    issuer: checkIssuer(options),
    clientId: (report) => {
      if (!options.clientId) report('is missing', 'Copy the client id from the provider.');
    },
    clientSecret: checkClientSecret(options),
    logoutUrl: checkLogoutUrl(options),
    scope: checkScope(options),
    authorizationParams: checkAuthorizationParams(options),
    idTokenAlg: checkAlgorithm(options),
    clockTolerance: seconds('clockTolerance', 0, 600),
    providerTimeout: seconds('providerTimeout', 0.05, 300),
    publicUrl: checkPublicUrl(options),
    sessionKeys: checkSessionKeys(options),
    sessionIdleTimeout: seconds('sessionIdleTimeout', 1, year),
    sessionLifetime: seconds('sessionLifetime', 1, year),
    loginTimeout: seconds('loginTimeout', 1, 86_400),
    cookieName: checkCookieName(options),
    spa: checkSpa(options),
    spaCsp: checkSpaCsp(options),
    apiRoutes: checkApiRoutes(options),
    apiTimeout: seconds('apiTimeout', 0.05, 3600),
    apiMaxBody: checkCount('apiMaxBody', options),
    allowedOrigins: checkAllowedOrigins(options),
    rateLimitLogin: checkCount('rateLimitLogin', options),
    drainTimeout: seconds('drainTimeout', 0, 3600),
  };
};

/** Every mistake in the options, each under its own option; empty when there is none. @see docs/configuration.md */
export const checkOptions = (options: Values): readonly OptionIssue[] => {
  const issues: OptionIssue[] = [];
  for (const [option, check] of Object.entries(checksOf(options))) {
    check((problem, remedy) => issues.push({ option: option as keyof BffOptions, problem, remedy }));
  }
  return issues;
};
