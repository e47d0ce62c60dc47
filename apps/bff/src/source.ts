import { readFileSync } from 'node:fs';
import type { Variable } from './variables/variable.ts';
import type { VariableName } from './variables.ts';
import { variables } from './variables.ts';

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One mistake in the environment; never with a value in it. */
export interface EnvironmentIssue {
  readonly variable: string;
  readonly problem: string;
  readonly remedy: string;
}

/** A variable's text and under which name it was found. */
interface Found {
  readonly name: string;
  readonly text: string;
}

type Report = (issue: EnvironmentIssue) => void;

const readValueFile = (name: string, path: string, report: Report): Found | undefined => {
  try {
    return { name, text: readFileSync(path, 'utf8').trim() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    report({
      variable: name,
      problem: `names a file that cannot be read${code}`,
      remedy: 'Give the path of a readable file that holds the value.',
    });
    return undefined;
  }
};

const findUnder = (environment: Environment, name: string, report: Report): Found | undefined => {
  const text = environment[name]?.trim() ?? '';
  const path = environment[`${name}_FILE`]?.trim() ?? '';
  if (text !== '' && path !== '') {
    report({
      variable: name,
      problem: `is set, and ${name}_FILE too`,
      remedy: 'Leave one of them out.',
    });
    return undefined;
  }
  if (path !== '') return readValueFile(`${name}_FILE`, path, report);
  return text === '' ? undefined : { name, text };
};

/** Finds a variable under its name, its `_FILE` name or an alias; empty counts as not set. */
export const findVariable = (
  environment: Environment,
  name: VariableName,
  report: Report,
): Found | undefined => {
  const { aliases = [] }: Variable<unknown> = variables[name];
  for (const candidate of [name, ...aliases]) {
    const found = findUnder(environment, candidate, report);
    if (found) return found;
  }
  return undefined;
};

const isKnown = (name: string): boolean => Object.hasOwn(variables, name.replace(/_FILE$/, ''));

/** What is said of a name that looks like ours and is not. */
export const describeUnknown = (name: string): string =>
  `${name} is not a variable of Foyer: it has no effect. Is it a typo?`;

/** Names that look like ours and are not: most likely typos. */
export const unknownNames = (environment: Environment): readonly string[] =>
  Object.keys(environment).filter((name) => /^(OIDC|SESSION)_/.test(name) && !isKnown(name));
