import {
  type DeclaredOption,
  declaredOptions,
  type OptionIssue,
  pluginOptions,
} from '@foyer/fastify/options';
import type { EnvironmentIssue } from './environment-error.ts';
import { serverOptions } from './server-options.ts';

/** Every variable of Foyer, in the order of the documentation. */
export const variables: readonly DeclaredOption[] = [...pluginOptions, ...declaredOptions(serverOptions)];

/** Options speak of themselves, the environment of variables. */
export const toVariables = (issues: readonly OptionIssue[]): readonly EnvironmentIssue[] =>
  issues.map(({ option, problem, remedy }) => {
    const variable = variables.find((each) => each.option === option)?.facts.variable ?? option;
    return { variable, problem, remedy };
  });

/** A variable's own name, also where a file gives its value. */
export const nameOf = (variable: string): string => variable.replace(/_FILE$/, '');

const namesOf = ({ variable }: EnvironmentIssue): readonly string[] => {
  const name = nameOf(variable);
  const found = variables.find(({ facts }) => facts.variable === name);
  return [name, ...(found?.facts.aliases ?? [])];
};

/** What several findings say of each variable: that of the first which refuses it, under any of its names. */
export const collectIssues = (
  findings: readonly (readonly EnvironmentIssue[])[],
): readonly EnvironmentIssue[] => {
  const collected: EnvironmentIssue[] = [];
  for (const issues of findings) {
    const refused = new Set(collected.map(({ variable }) => nameOf(variable)));
    collected.push(...issues.filter((issue) => !namesOf(issue).some((name) => refused.has(name))));
  }
  return collected;
};

/** Shorter names are too common to be recognised in a misspelling. */
const shortestRecognised = 6;

const isOneSlipAway = (one: string, other: string): boolean => {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return Math.max(one.length, other.length) - start - end <= 1;
};

const isNearlyThe = (name: string, known: string): boolean => {
  if (name.length < shortestRecognised || known.length < shortestRecognised) return false;
  const isWithoutUnderscores = name.replaceAll('_', '') === known.replaceAll('_', '');
  return isWithoutUnderscores || name.startsWith(known) || isOneSlipAway(name, known);
};

/** Names in the environment that resemble variables of Foyer but are not: most likely typos. */
export const findUnknownVariables = (names: readonly string[]): readonly string[] => {
  const known = variables.flatMap(({ facts: { variable, aliases = [] } }) => [variable, ...aliases]);
  return names.filter((name) => {
    const plain = nameOf(name);
    if (known.includes(plain)) return false;
    return /^(OIDC|SESSION)_/.test(plain) || known.some((each) => isNearlyThe(plain, each));
  });
};
