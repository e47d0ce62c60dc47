import type { DeclaredOption } from '@foyer/fastify/options';
import { type Environment, type EnvironmentIssue, readText, type VariableText } from './variable-text.ts';

const parseQuery = (text: string): Readonly<Record<string, string>> | undefined => {
  const pairs = [...new URLSearchParams(text)];
  const names = pairs.map(([name]) => name);
  const isSound = names.every((name) => name !== '') && new Set(names).size === names.length;
  return isSound ? Object.fromEntries(pairs) : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is reported by the caller, under the variable's name.
    return undefined;
  }
};

/** What is wrong with a text that is not written as its form demands. */
const problemOfForm: Readonly<Record<NonNullable<DeclaredOption['facts']['form']>, string>> = {
  text: 'is not a text',
  duration: 'is not a duration',
  size: 'is not a size',
  list: 'is not a list',
  number: 'is not a whole number',
  boolean: 'is neither true nor false',
  query: 'has a parameter twice or without a name',
  json: 'is not JSON',
  source: 'is not a text',
};

/** The value that a variable's text stands for; `undefined` when it is not written as its form demands. */
const parseValue = (text: string, { form = 'text' }: DeclaredOption['facts']): unknown => {
  switch (form) {
    case 'text':
    case 'duration':
    case 'size':
    case 'source':
      return text;
    case 'list':
      return text.split(',').map((item) => item.trim());
    case 'number':
      return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : undefined);
    case 'query':
      return parseQuery(text);
    case 'json':
      return parseJson(text);
  }
};

/** A file that may be read again later is passed on by its name. */
const readValue = (
  { text, file }: Pick<VariableText, 'text' | 'file'>,
  facts: DeclaredOption['facts'],
): unknown => (facts.form === 'source' && file !== undefined ? { file } : parseValue(text, facts));

/** The values of declared options, by the name of each; mistakes in how they are written are added to `issues`. */
export const readValues = (
  environment: Environment,
  declared: readonly DeclaredOption[],
  issues: EnvironmentIssue[],
): Record<string, unknown> => {
  const values: Record<string, unknown> = {};
  for (const { option, facts } of declared) {
    const known = issues.length;
    const found = readText(environment, facts, (issue) => issues.push(issue));
    const text = found?.text ?? facts.fallback;
    if (text === undefined || issues.length > known) continue;
    values[option] = readValue({ ...found, text }, facts);
    if (values[option] === undefined)
      issues.push({
        variable: found?.name ?? facts.variable,
        problem: problemOfForm[facts.form ?? 'text'],
        remedy: facts.remedy,
      });
  }
  return values;
};
