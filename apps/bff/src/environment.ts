import { fileURLToPath } from 'node:url';
import { type BffOptions, checkOptions, isLoopbackHost } from '@foyer/fastify';
import { EnvironmentError } from './environment/environment-error.ts';
import { withKey } from './environment/own-key.ts';
import { createReader, type Read, type Report } from './environment/reader.ts';
import { readSpa } from './environment/spa-source.ts';
import { asksForTraces } from './environment/trace-request.ts';
import { type Environment, type EnvironmentIssue, findVariable, unknownNames } from './source.ts';
import { variables } from './variables.ts';

/** What the environment says, checked. Durations are seconds. */
export interface Settings {
  /** Options of the plugin; the store is opened by whoever starts. */
  readonly options: Omit<BffOptions, 'sessionStore'>;
  readonly storeUrl: string;
  readonly host: string;
  readonly port: number;
  readonly trustProxy: readonly string[];
  readonly logLevel: string;
  readonly metricsPort: number | undefined;
  /** Whether the standard `OTEL_*` variables ask for traces. */
  readonly wantsTraces: boolean;
  readonly shutdownTimeout: number;
  /** Names that have no effect, and are most likely typos. */
  readonly unknownVariables: readonly string[];
}

/** Where files are that nobody has named. */
export interface Places {
  /** Directory of the session key that is made here. */
  readonly dataDir: string;
  /** Directory of the starter SPA's build. */
  readonly spaDir: string;
}

const places: Places = {
  dataDir: '.data',
  spaDir: fileURLToPath(new URL('../../web/dist', import.meta.url)),
};

const isLoopbackHttp = (publicUrl: string): boolean =>
  URL.canParse(publicUrl) &&
  new URL(publicUrl).protocol === 'http:' &&
  isLoopbackHost(new URL(publicUrl).hostname);

const readOptions = (read: Read, spa: BffOptions['spa']): Omit<BffOptions, 'sessionStore'> => ({
  issuer: read('OIDC_ISSUER', variables.OIDC_ISSUER) ?? '',
  clientId: read('OIDC_CLIENT_ID', variables.OIDC_CLIENT_ID) ?? '',
  clientSecret: read('OIDC_CLIENT_SECRET', variables.OIDC_CLIENT_SECRET),
  clientAuth: read('OIDC_CLIENT_AUTH', variables.OIDC_CLIENT_AUTH),
  logoutUrl: read('OIDC_LOGOUT_URL', variables.OIDC_LOGOUT_URL),
  scope: read('OIDC_SCOPE', variables.OIDC_SCOPE),
  authorizationParams: read('OIDC_AUTHORIZATION_PARAMS', variables.OIDC_AUTHORIZATION_PARAMS),
  idTokenAlg: read('OIDC_ID_TOKEN_ALG', variables.OIDC_ID_TOKEN_ALG),
  clockTolerance: read('OIDC_CLOCK_TOLERANCE', variables.OIDC_CLOCK_TOLERANCE),
  providerTimeout: read('OIDC_TIMEOUT', variables.OIDC_TIMEOUT),
  publicUrl: read('PUBLIC_URL', variables.PUBLIC_URL) ?? '',
  sessionKeys: read('SESSION_KEYS', variables.SESSION_KEYS) ?? [],
  sessionIdleTimeout: read('SESSION_IDLE_TIMEOUT', variables.SESSION_IDLE_TIMEOUT),
  sessionLifetime: read('SESSION_LIFETIME', variables.SESSION_LIFETIME),
  loginTimeout: read('LOGIN_TIMEOUT', variables.LOGIN_TIMEOUT),
  cookieName: read('COOKIE_NAME', variables.COOKIE_NAME),
  spa,
  spaCsp: read('SPA_CSP', variables.SPA_CSP),
  spaPermissionsPolicy: read('SPA_PERMISSIONS_POLICY', variables.SPA_PERMISSIONS_POLICY),
  spaCoop: read('SPA_COOP', variables.SPA_COOP),
  apiRoutes: read('API_ROUTES', variables.API_ROUTES),
  apiTimeout: read('API_TIMEOUT', variables.API_TIMEOUT),
  apiMaxBody: read('API_MAX_BODY', variables.API_MAX_BODY),
  allowedOrigins: read('ALLOWED_ORIGINS', variables.ALLOWED_ORIGINS),
  rateLimitLogin: read('RATE_LIMIT_LOGIN', variables.RATE_LIMIT_LOGIN),
});

const variableOf = (option: keyof BffOptions): string =>
  Object.entries(variables).find(([, entry]) => 'option' in entry && entry.option === option)?.[0] ?? option;

/** What the plugin would refuse, under the variables' names; what has been reported already is not repeated. */
const reportOptions = (
  options: Omit<BffOptions, 'sessionStore'>,
  issues: EnvironmentIssue[],
  makesKey: boolean,
): void => {
  const told = new Set(issues.map(({ variable }) => variable.replace(/_FILE$/, '')));
  for (const { option, problem, remedy } of checkOptions(options)) {
    const variable = variableOf(option);
    if (told.has(variable) || (makesKey && option === 'sessionKeys')) continue;
    issues.push({ variable, problem, remedy });
  }
};

/**
 * Reads the settings, and makes and keeps a session key where that is allowed.
 *
 * @throws EnvironmentError with every mistake at once.
 */
export const parseEnvironment = (environment: Environment, { dataDir, spaDir } = places): Settings => {
  const issues: EnvironmentIssue[] = [];
  const report: Report = (issue) => issues.push(issue);
  const read = createReader(environment, report);
  const options = readOptions(read, readSpa(read, spaDir, report));
  const rest = {
    storeUrl: read('SESSION_STORE', variables.SESSION_STORE) ?? '',
    host: read('HOST', variables.HOST) ?? '',
    port: read('PORT', variables.PORT) ?? 0,
    trustProxy: read('TRUST_PROXY', variables.TRUST_PROXY) ?? [],
    logLevel: read('LOG_LEVEL', variables.LOG_LEVEL) ?? '',
    metricsPort: read('METRICS_PORT', variables.METRICS_PORT),
    wantsTraces: asksForTraces(environment),
    shutdownTimeout: read('SHUTDOWN_TIMEOUT', variables.SHUTDOWN_TIMEOUT) ?? 0,
    unknownVariables: unknownNames(environment),
  };
  const isKeySet = findVariable(environment, 'SESSION_KEYS', () => undefined) !== undefined;
  const makesKey = !isKeySet && isLoopbackHttp(options.publicUrl);
  reportOptions(options, issues, makesKey);
  if (issues.length > 0) throw new EnvironmentError(issues, rest.unknownVariables);
  return { options: makesKey ? withKey(options, dataDir) : options, ...rest };
};

/** The settings of this process. @throws EnvironmentError with every mistake at once. */
export const currentSettings = (): Settings => parseEnvironment(process.env);
