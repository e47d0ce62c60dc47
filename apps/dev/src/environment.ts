import { existsSync } from 'node:fs';

/** The settings of `pnpm dev`, from the environment and `.env`. */
export interface DevEnvironment {
  readonly port: number;
  readonly publicUrl: string;
  /** The path of `publicUrl`, with a slash at its end. */
  readonly basePath: string;
  /** The variable that names another provider than the embedded one. */
  readonly configuredIssuer: string | undefined;
  /** URL of the user's own dev server, in place of the starter's. */
  readonly devServer: string | undefined;
  /** Whether `SPA_DIR` names the user's own build, in place of the starter's dev server. */
  readonly hasOwnBuild: boolean;
  /** Whether the routes to APIs, and the scope, are the user's own. */
  readonly hasApiRoutes: boolean;
  readonly hasScope: boolean;
  readonly logLevel: string;
  /** The whole environment, for the child processes. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** A variable that cannot be used; the message says what to do. */
export class DevEnvironmentError extends Error {
  override readonly name = 'DevEnvironmentError';
}

const issuerNames = ['OIDC_ISSUER', 'AUTH_URL', 'PLUSAUTH_ISSUER_URL'];

const isSet = (name: string): boolean =>
  (process.env[name] ?? '') !== '' || (process.env[`${name}_FILE`] ?? '') !== '';

const parsePort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new DevEnvironmentError('PORT must be a whole number from 1 to 65535, as in PORT=3000.');
};

/**
 * Reads the environment, `.env` of the working directory included.
 *
 * @throws DevEnvironmentError when `PORT` is not a port.
 */
export const readEnvironment = (): DevEnvironment => {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const port = parsePort(process.env.PORT || '3000');
  const publicUrl = process.env.PUBLIC_URL || `http://localhost:${port}`;
  return {
    port,
    publicUrl,
    // The BFF reports a public URL that is none.
    basePath: `${URL.parse(publicUrl)?.pathname ?? ''}/`.replace(/\/+$/, '/'),
    configuredIssuer: issuerNames.find(isSet),
    devServer: process.env.SPA_DEV_SERVER || undefined,
    hasOwnBuild: isSet('SPA_DIR'),
    hasApiRoutes: isSet('API_ROUTES'),
    hasScope: isSet('OIDC_SCOPE'),
    logLevel: process.env.LOG_LEVEL || 'warn',
    inherited: { ...process.env },
  };
};
