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
