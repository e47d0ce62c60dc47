import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BffOptions } from '@foyer/fastify';
import {
  checkOptions,
  type DeclaredOption,
  declaredOptions,
  isLoopbackHost,
  type OptionIssue,
  type OptionsError,
  optionIssues,
  pluginOptions,
} from '@foyer/fastify/options';
import { z } from 'zod';
import { EnvironmentError, type EnvironmentIssue } from './environment-error.ts';
import { findReadableSecrets, type SecretFile } from './secret-files.ts';
import { serverOptions } from './server-options.ts';
import { keptSessionKey } from './session-key.ts';
import { unknownVariables } from './unknown-variables.ts';
import { type Environment, readValues } from './variables.ts';

/** Options of the plugin as the environment gives them; the store is opened at the start of the server. */
type PluginOptions = Omit<BffOptions, 'sessionStore'>;

const serverSchema = z.object(serverOptions);
type ServerSettings = Omit<z.output<typeof serverSchema>, 'spaDir' | 'spaDevServer' | 'spaSourceMaps'>;

/** What the environment says, checked. Durations of the server are seconds. */
export interface Settings extends Readonly<ServerSettings> {
  readonly options: PluginOptions;
  /** Whether the standard `OTEL_*` variables ask for traces. */
  readonly wantsTraces: boolean;
  /** Names that have no effect, and are most likely typos. */
  readonly unknownVariables: readonly string[];
  /** Files with a secret that other users of the machine can read. */
  readonly readableSecrets: readonly SecretFile[];
}

/** Where files are whose place no variable names. */
export interface Places {
  /** Directory of the session key that is made on a loopback host. */
  readonly dataDir: string;
  /** Directory of the starter SPA's build. */
  readonly spaDir: string;
}

const defaultPlaces: Places = {
  dataDir: '.data',
  spaDir: fileURLToPath(new URL('../../../web/dist', import.meta.url)),
};

/** Every variable of Foyer, in the order of the documentation. */
export const variables: readonly DeclaredOption[] = [...pluginOptions, ...declaredOptions(serverOptions)];

/** A variable's own name, also where a file gives its value. */
export const nameOf = (variable: string): string => variable.replace(/_FILE$/, '');

/** The plugin speaks of its options, the environment of variables; what has been reported already is not repeated. */
const reportOptions = (found: readonly OptionIssue[], issues: EnvironmentIssue[]): void => {
  const reported = new Set(issues.map(({ variable }) => nameOf(variable)));
  for (const { option, problem, remedy } of found) {
    const facts = variables.find((each) => each.option === option)?.facts;
    const names = [facts?.variable ?? option, ...(facts?.aliases ?? [])];
    if (names.every((name) => !reported.has(name)))
      issues.push({ variable: facts?.variable ?? option, problem, remedy });
  }
};

/** The plugin's refusal in the words of the environment. */
export const environmentError = ({ issues }: OptionsError): EnvironmentError => {
  const named: EnvironmentIssue[] = [];
  reportOptions(issues, named);
  return new EnvironmentError(named);
};

/** Where the pages come from: a dev server, a folder, or the starter SPA in `defaultDir`. */
const chooseSpa = (
  { spaDir, spaDevServer, spaSourceMaps }: Partial<z.output<typeof serverSchema>>,
  defaultDir: string,
  issues: EnvironmentIssue[],
): NonNullable<BffOptions['spa']> => {
  if (spaDevServer !== undefined) return { devServer: spaDevServer };
  const dir = spaDir ?? defaultDir;
  if (!existsSync(join(dir, 'index.html'))) {
    issues.push({
      variable: 'SPA_DIR',
      problem: spaDir === undefined ? 'is not set, and the starter SPA is not built' : 'has no index.html',
      remedy: spaDir === undefined ? 'Build it: pnpm build.' : 'Give the directory of a built SPA.',
    });
  }
  return spaSourceMaps ? { dir, sourceMaps: true } : { dir };
};

/** A port without a token would be open to everyone, a token without a port open nothing. */
const findHalfAdmin = ({
  adminPort,
  adminToken,
}: Readonly<Record<string, unknown>>): readonly EnvironmentIssue[] => {
  if ((adminPort === undefined) === (adminToken === undefined)) return [];
  const [variable, other] =
    adminPort === undefined ? ['ADMIN_PORT', 'ADMIN_TOKEN'] : ['ADMIN_TOKEN', 'ADMIN_PORT'];
  return [{ variable, problem: `is not set, and ${other} is`, remedy: 'Set both, or neither.' }];
};

const isLoopbackHttp = (publicUrl: unknown): boolean => {
  const url = URL.canParse(String(publicUrl)) ? new URL(String(publicUrl)) : undefined;
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
};

/** Whether the standard variables ask for traces. @see OpenTelemetry Environment Variable Specification */
const asksForTraces = (environment: Environment): boolean => {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER } = environment;
  if (OTEL_SDK_DISABLED === 'true' || OTEL_TRACES_EXPORTER === 'none') return false;
  const endpoint =
    environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
  return endpoint !== '' || OTEL_TRACES_EXPORTER === 'otlp';
};

/** The values are the plugin's options once its own check has found no mistake in them. */
const isAccepted = (_values: object, issues: readonly EnvironmentIssue[]): _values is PluginOptions =>
  issues.length === 0;

/**
 * Reads the settings, and makes and keeps a session key where that is allowed.
 *
 * @throws EnvironmentError with every mistake at once.
 */
export const parseEnvironment = (
  environment: Environment,
  places = defaultPlaces,
  known: readonly EnvironmentIssue[] = [],
): Settings => {
  const issues = [...known];
  const values = readValues(environment, pluginOptions, issues);
  const served = readValues(environment, declaredOptions(serverOptions), issues);
  const server = serverSchema.safeParse(served, { reportInput: true });
  if (server.error !== undefined) reportOptions(optionIssues(server.error, serverOptions), issues);
  const isReported = (name: string): boolean => issues.some(({ variable }) => nameOf(variable) === name);
  issues.push(...findHalfAdmin(served).filter(({ variable }) => !isReported(variable)));
  const { spaDir, spaDevServer, spaSourceMaps, ...rest } = server.data ?? serverSchema.parse({});
  const spa = chooseSpa({ spaDir, spaDevServer, spaSourceMaps }, places.spaDir, issues);

  const makesKey = values.sessionKeys === undefined && isLoopbackHttp(values.publicUrl);
  const given = { sessionKeys: [], ...values, spa };
  const ignored = makesKey ? ['sessionStore', 'sessionKeys'] : ['sessionStore'];
  reportOptions(
    checkOptions(given).filter(({ option }) => !ignored.includes(option)),
    issues,
  );

  const unknown = unknownVariables(Object.keys(environment), variables);
  if (!isAccepted(given, issues)) throw new EnvironmentError(issues, unknown);
  const keyFile = makesKey ? join(places.dataDir, 'session-key') : undefined;
  const options = keyFile === undefined ? given : { ...given, sessionKeys: [keptSessionKey(keyFile)] };
  return {
    ...rest,
    options,
    wantsTraces: asksForTraces(environment),
    unknownVariables: unknown,
    readableSecrets: findReadableSecrets(environment, keyFile),
  };
};
