import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  collectIssues,
  type Environment,
  EnvironmentError,
  type EnvironmentIssue,
  findProxyMistakes,
  findReadableSecrets,
  findUnknownVariables,
  keptSessionKey,
  readVariables,
  type SecretFile,
  serverOptions,
  toVariables,
} from '@foyer/environment';
import type { BffOptions, SpaSource } from '@foyer/fastify';
import {
  checkOptions,
  declaredOptions,
  isLoopbackHost,
  optionIssues,
  pluginOptions,
} from '@foyer/fastify/options';
import { z } from 'zod';

/** Options of the plugin as the environment gives them; the store is opened at the start of the server. */
type PluginOptions = Omit<BffOptions, 'sessionStore'>;

const serverSchema = z.object(serverOptions);
type ServerSettings = z.output<typeof serverSchema>;

/** Judged by themselves: pages are not missing because another variable is mistaken. */
const spaSchema = serverSchema.pick({ spaDir: true, spaDevServer: true, spaSourceMaps: true });
type SpaSettings = z.output<typeof spaSchema>;

/** What the environment says, checked. Durations of the server are seconds. */
export interface Settings extends Readonly<Omit<ServerSettings, keyof SpaSettings>> {
  readonly options: PluginOptions;
  /** Whether the standard `OTEL_*` variables ask for traces. */
  readonly wantsTraces: boolean;
  /** Names that have no effect, and are most likely typos. */
  readonly unknownVariables: readonly string[];
  /** Files with a secret that other users of the machine can read. */
  readonly readableSecrets: readonly SecretFile[];
}

/** Where files are that no variable names: the session key that is made on a loopback host, and the starter SPA's build. */
const defaultPlaces = {
  dataDir: '.data',
  spaDir: fileURLToPath(new URL('../../web/dist', import.meta.url)),
};

/** Where the pages come from: a dev server, a folder, or the starter SPA. */
const chooseSpa = ({ spaDir, spaDevServer, spaSourceMaps }: SpaSettings, starterDir: string): SpaSource => {
  if (spaDevServer !== undefined) return { devServer: spaDevServer };
  const dir = spaDir ?? starterDir;
  return spaSourceMaps ? { dir, sourceMaps: true } : { dir };
};

const findMissingBuild = (spa: SpaSource, given: SpaSettings | undefined): readonly EnvironmentIssue[] => {
  const isThere = 'devServer' in spa || existsSync(join(spa.dir, 'index.html'));
  if (given === undefined || isThere) return [];
  const variable = 'SPA_DIR';
  return given.spaDir === undefined
    ? [{ variable, problem: 'is not set, and the starter SPA is not built', remedy: 'Build it: pnpm build.' }]
    : [{ variable, problem: 'has no index.html', remedy: 'Give the directory of a built SPA.' }];
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
  const url = URL.parse(String(publicUrl));
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
};

/** Whether the standard variables ask for traces. @see OpenTelemetry Environment Variable Specification */
const asksForTraces = (environment: Environment): boolean => {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT = '' } = environment;
  if (OTEL_SDK_DISABLED === 'true' || OTEL_TRACES_EXPORTER === 'none') return false;
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint = OTEL_EXPORTER_OTLP_ENDPOINT } = environment;
  return OTEL_TRACES_EXPORTER === 'otlp' || endpoint !== '';
};

/** The values are the plugin's options once its own check has found no mistake in them. */
const isAccepted = (_values: object, issues: readonly EnvironmentIssue[]): _values is PluginOptions =>
  issues.length === 0;

/**
 * Reads the settings, and makes and keeps a session key where that is allowed. `known` are mistakes that were found before.
 *
 * @throws EnvironmentError with every mistake at once.
 */
export const parseEnvironment = (
  environment: Environment,
  known: readonly EnvironmentIssue[] = [],
  places = defaultPlaces,
): Settings => {
  const given = readVariables(environment, pluginOptions);
  const served = readVariables(environment, declaredOptions(serverOptions));
  const { data, error } = serverSchema.safeParse(served.values, { reportInput: true });
  const { spaDir, spaDevServer, spaSourceMaps, ...settings } = data ?? serverSchema.parse({});
  const pages = spaSchema.safeParse(served.values).data;
  const spa = chooseSpa(pages ?? spaSchema.parse({}), places.spaDir);
  const makesKey = given.values.sessionKeys === undefined && isLoopbackHttp(given.values.publicUrl);
  const options = { sessionKeys: [], ...given.values, spa };
  const refused = checkOptions(options).filter(
    ({ option }) => option !== 'sessionStore' && !(makesKey && option === 'sessionKeys'),
  );
  const issues = collectIssues([
    known,
    [...given.issues, ...served.issues],
    toVariables(optionIssues(error, serverOptions)),
    findHalfAdmin(served.values),
    findMissingBuild(spa, pages),
    findProxyMistakes(environment),
    toVariables(refused),
  ]);

  const unknown = findUnknownVariables(Object.keys(environment));
  if (!isAccepted(options, issues)) throw new EnvironmentError(issues, unknown);
  const keyFile = join(places.dataDir, 'session-key');
  const keptKeys = makesKey ? [{ variable: 'SESSION_KEYS', file: keyFile }] : [];
  return {
    ...settings,
    options: makesKey ? { ...options, sessionKeys: [keptSessionKey(keyFile)] } : options,
    wantsTraces: asksForTraces(environment),
    unknownVariables: unknown,
    readableSecrets: findReadableSecrets(environment, keptKeys),
  };
};
