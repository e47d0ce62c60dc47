import { readEnvFile } from '@foyer/environment';
import { pluginOptions } from '@foyer/fastify/options';
import { brand } from '@foyer/web/brand';

/** The settings of `pnpm dev`, from the environment and `.env`. */
export interface DevEnvironment {
  readonly port: number;
  /** The address by which this machine reaches the BFF. */
  readonly host: string;
  readonly publicUrl: string;
  /** The path of `publicUrl`, with a slash at its end. */
  readonly basePath: string;
  /** The variable that names another provider than the embedded one, and its value. */
  readonly issuer: { readonly variable: string; readonly value: string } | undefined;
  /** URL of the user's own dev server, in place of the starter's. */
  readonly devServer: string | undefined;
  /** The user's own build, in place of the starter's dev server. */
  readonly buildDir: string | undefined;
  /** Name of the starter; `undefined` with pages or a brand of the user's own. */
  readonly appName: string | undefined;
  /** Whether the routes to APIs, and the scope, are the user's own. */
  readonly hasApiRoutes: boolean;
  readonly hasScope: boolean;
  /** The level that the user chose. */
  readonly logLevel: string | undefined;
  /** The whole environment, for the child processes. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** A variable that cannot be used; the message says what to do. */
export class DevEnvironmentError extends Error {
  override readonly name = 'DevEnvironmentError';
}

const namesOf = (option: string): readonly string[] =>
  pluginOptions
    .filter((declared) => declared.option === option)
    .flatMap(({ facts: { variable, aliases = [] } }) => [variable, ...aliases]);

const parsePort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new DevEnvironmentError('PORT must be a whole number from 1 to 65535, as in PORT=3000.');
};

/** A client belongs to a provider: without an issuer the embedded provider would be used instead, which knows another. */
const requireIssuer = (find: (option: string) => { readonly variable: string } | undefined): void => {
  const left = ['discoveryUrl', 'clientId', 'clientSecret'].map(find).find((found) => found !== undefined);
  if (left === undefined) return;
  throw new DevEnvironmentError(
    `${left.variable} is set, and OIDC_ISSUER is not. Set OIDC_ISSUER to use your provider, or remove ${left.variable} to use the embedded one.`,
  );
};

/** An address that listens everywhere is reached at the loopback address. */
const reachableHost = (host: string): string =>
  ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

const readVariables = (): Readonly<Record<string, string | undefined>> => {
  const { variables, issues } = readEnvFile('.env');
  if (issues.length === 0) return { ...variables, ...process.env };
  throw new DevEnvironmentError(
    issues.map(({ variable, problem, remedy }) => `${variable} ${problem}. ${remedy}`).join('\n'),
  );
};

/**
 * Reads the environment, `.env` of the working directory included.
 *
 * @throws DevEnvironmentError when `.env` cannot be read as it is meant, `PORT` is not a port, or a client has no issuer.
 */
export const readEnvironment = (): DevEnvironment => {
  const inherited = readVariables();
  const read = (name: string): string | undefined => inherited[name] || undefined;
  const find = (option: string): { readonly variable: string; readonly value: string } | undefined => {
    const names = namesOf(option).flatMap((name) => [name, `${name}_FILE`]);
    const variable = names.find((name) => read(name) !== undefined);
    return variable === undefined ? undefined : { variable, value: read(variable) ?? '' };
  };
  const port = parsePort(read('PORT') ?? '3000');
  const publicUrl = read('PUBLIC_URL') ?? `http://localhost:${port}`;
  const several = find('providers');
  // Its value holds secrets.
  const issuer =
    several === undefined ? find('issuer') : { variable: several.variable, value: 'several providers' };
  if (issuer === undefined) requireIssuer(find);
  const devServer = read('SPA_DEV_SERVER');
  const buildDir = read('SPA_DIR') ?? read('SPA_DIR_FILE');
  return {
    port,
    host: reachableHost(read('HOST') ?? ''),
    publicUrl,
    // The BFF reports a malformed public URL.
    basePath: `${URL.parse(publicUrl)?.pathname ?? ''}/`.replace(/\/+$/, '/'),
    issuer,
    devServer,
    buildDir,
    appName: (devServer ?? buildDir ?? find('brand')?.value) ? undefined : brand.name,
    hasApiRoutes: find('apiRoutes') !== undefined,
    hasScope: find('scope') !== undefined,
    logLevel: read('LOG_LEVEL'),
    inherited,
  };
};
