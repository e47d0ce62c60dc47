import {
  type Environment,
  EnvironmentError,
  type EnvironmentIssue,
  nameOf,
  readProcessEnvironment,
} from '@foyer/environment';
import type { BffOptions } from '@foyer/fastify';

/** What the doctor examines of an application's settings. */
interface ExaminedSettings {
  readonly options: Omit<BffOptions, 'sessionStore'>;
  readonly storeUrl: string;
  /** Names that have no effect. */
  readonly unknownVariables: readonly string[];
}

/** How an application reads its settings; `known` are mistakes that were found before. @throws EnvironmentError */
export type ParseEnvironment = (
  environment: Environment,
  known?: readonly EnvironmentIssue[],
) => ExaminedSettings;

/** What an application has read of the environment of this process. */
export interface Reading {
  /** Without the variables that are mistaken; `undefined` where nothing can be examined without them. */
  readonly settings: ExaminedSettings | undefined;
  readonly mistakes: readonly EnvironmentIssue[];
  readonly unknown: readonly string[];
}

/** The settings without the variables that are mistaken, and without the pages and the server of operators. */
const findSoundSettings = (
  parse: ParseEnvironment,
  environment: Environment,
  mistakes: readonly EnvironmentIssue[],
): ExaminedSettings | undefined => {
  const refused = mistakes.map(({ variable }) => nameOf(variable));
  const sound = Object.entries(environment).filter(
    ([name]) => !refused.includes(nameOf(name)) && !/^(SPA|ADMIN)_/.test(name),
  );
  try {
    return parse({ ...Object.fromEntries(sound), SPA_DEV_SERVER: 'http://localhost' });
  } catch (error) {
    // A variable without a default is among them.
    if (error instanceof EnvironmentError) return undefined;
    throw error;
  }
};

/** Reads the environment of this process: every mistake, and the settings without those. */
export const readConfiguration = (parse: ParseEnvironment): Reading => {
  const { variables, issues } = readProcessEnvironment();
  try {
    const settings = parse(variables, issues);
    return { settings, mistakes: [], unknown: settings.unknownVariables };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const { issues: mistakes, unknown } = error;
    return { settings: findSoundSettings(parse, variables, mistakes), mistakes, unknown };
  }
};
