import type { ReadConfiguration } from '@foyer/doctor';
import { type EnvFile, loadedEnvFile } from './environment/env-file.ts';
import { EnvironmentError, type EnvironmentIssue } from './environment/environment-error.ts';
import { nameOf, parseEnvironment, type Settings } from './environment/settings.ts';
import { describeUnknown } from './environment/unknown-variables.ts';

const byteOrderMark = '\uFEFF';

/** The environment of this process with the env file that Node loads, and the mistakes in how that file is written. */
const readProcessEnvironment = (): EnvFile => {
  const { variables: loaded, issues } = loadedEnvFile(process.execArgv);
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith(byteOrderMark));
  return { variables: { ...loaded, ...Object.fromEntries(own) }, issues };
};

/** The settings of this process. @throws EnvironmentError with every mistake at once. */
export const currentSettings = (): Settings => {
  const { variables: environment, issues } = readProcessEnvironment();
  return parseEnvironment(environment, undefined, issues);
};

/** The settings without the variables that are mistaken, and without the pages and the server of operators. */
const findSoundSettings = (issues: readonly EnvironmentIssue[]): Settings | undefined => {
  const refused = issues.map(({ variable }) => nameOf(variable));
  const sound = Object.entries(readProcessEnvironment().variables).filter(
    ([name]) => !refused.includes(nameOf(name)) && !/^(SPA|ADMIN)_/.test(name),
  );
  try {
    return parseEnvironment({ ...Object.fromEntries(sound), SPA_DEV_SERVER: 'http://localhost' });
  } catch (error) {
    // A variable without a default is among them.
    if (error instanceof EnvironmentError) return undefined;
    throw error;
  }
};

/** What an examination reads of this process: every mistake, and the settings without those. */
export const readConfiguration = (): ReadConfiguration => {
  try {
    const settings = currentSettings();
    return { settings, mistakes: [], notes: settings.unknownVariables.map(describeUnknown) };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const settings = findSoundSettings(error.issues);
    const unknown = settings?.unknownVariables ?? [];
    return { settings, mistakes: error.issues, notes: unknown.map(describeUnknown) };
  }
};
