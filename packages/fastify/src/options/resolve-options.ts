import { defaultPermissionsPolicy } from '../browser-security/page-permissions.ts';
import { type BffOptions, OptionsError, type ResolvedOptions } from '../options.ts';
import { checkOptions } from './option-checks.ts';

/**
 * Checks the options and fills in the defaults.
 *
 * @throws OptionsError with every mistake at once.
 * @see docs/own-fastify-app.md
 */
export const resolveOptions = (options: BffOptions): ResolvedOptions => {
  const issues = checkOptions(options);
  if (issues.length > 0) throw new OptionsError(issues);
  const publicUrl = new URL(options.publicUrl);
  return {
    issuer: options.issuer,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    clientAuth: options.clientAuth,
    logoutUrl: options.logoutUrl,
    scope: options.scope ?? 'openid profile email',
    authorizationParams: options.authorizationParams ?? {},
    idTokenAlg: options.idTokenAlg ?? 'RS256',
    clockTolerance: options.clockTolerance ?? 30,
    providerTimeout: options.providerTimeout ?? 5,
    publicUrl: publicUrl.origin,
    isSecure: publicUrl.protocol === 'https:',
    sessionKeys: options.sessionKeys.map((key) => Buffer.from(key, 'base64')),
    sessionStore: options.sessionStore,
    sessionIdleTimeout: options.sessionIdleTimeout ?? 30 * 60,
    sessionLifetime: options.sessionLifetime ?? 12 * 3600,
    loginTimeout: options.loginTimeout ?? 10 * 60,
    cookieName: options.cookieName ?? 'foyer',
    spa: options.spa,
    spaCsp: options.spaCsp,
    spaPermissionsPolicy: options.spaPermissionsPolicy ?? defaultPermissionsPolicy,
    spaCoop: options.spaCoop ?? 'same-origin-allow-popups',
    apiRoutes: options.apiRoutes ?? [],
    apiTimeout: options.apiTimeout ?? 15,
    apiMaxBody: options.apiMaxBody ?? 10 * 1024 * 1024,
    allowedOrigins: options.allowedOrigins ?? [],
    rateLimitLogin: options.rateLimitLogin ?? 60,
    drainTimeout: options.drainTimeout ?? 0,
    observe: options.observe,
    clock: options.clock ?? Date.now,
  };
};
