import type { BffOptions, OptionIssue } from '../options.ts';
import { checkApiRoutes } from './api-checks.ts';
import { type Check, checkCount, checkSeconds, type Values } from './check.ts';
import {
  checkAllowedOrigins,
  checkPublicUrl,
  checkSpa,
  checkSpaCoop,
  checkSpaCsp,
  checkSpaPermissionsPolicy,
} from './page-checks.ts';
import {
  checkAlgorithm,
  checkAuthorizationParams,
  checkClientSecret,
  checkIssuer,
  checkLogoutUrl,
  checkScope,
} from './provider-checks.ts';
import { checkCookieName, checkSessionKeys } from './session-checks.ts';

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
    spaPermissionsPolicy: checkSpaPermissionsPolicy(options),
    spaCoop: checkSpaCoop(options),
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
