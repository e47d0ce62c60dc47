import { readFileSync } from 'node:fs';
import type { DeclaredOption } from '@foyer/fastify/options';
import { codeOf, type EnvironmentIssue } from './environment-error.ts';

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Facts = DeclaredOption['facts'];
type Form = NonNullable<Facts['form']>;

/** A variable's text, the name under which it was found, and the file that holds it, if one does. */
interface VariableText {
  readonly name: string;
  readonly text: string;
  readonly file?: string;
}

type Report = (variable: string, problem: string, remedy: string) => void;

const readUnder = (environment: Environment, name: string, report: Report): readonly VariableText[] => {
  const text = environment[name]?.trim() ?? '';
  const file = environment[`${name}_FILE`]?.trim() ?? '';
  if (file === '') return text === '' ? [] : [{ name, text }];
  if (text !== '') {
    report(name, `is set, and ${name}_FILE too`, 'Leave one of them out.');
    return [];
  }
  try {
    return [{ name: `${name}_FILE`, text: readFileSync(file, 'utf8').trim(), file }];
  } catch (error) {
    const code = codeOf(error);
    const problem = `names a file that cannot be read${code === undefined ? '' : ` (${code})`}`;
    report(`${name}_FILE`, problem, 'Give the path of a readable file that holds the value.');
    return [];
  }
};

/** What the documentation has in place of a value. In JSON a text may well hold an ellipsis of its own. */
const isPlaceholder = (text: string, form: Form): boolean =>
  form === 'json' ? /"…"|"<[a-z ]+>"/.test(text) : /…|^<[^>]*>$|[/.]<[a-z ]+>/.test(text);

/** Finds a variable's text under its name, its `_FILE` name or an alias; empty counts as not set. */
const readText = (
  environment: Environment,
  { variable, aliases = [], form = 'text' }: Facts,
  report: Report,
): VariableText | undefined => {
  const found = [variable, ...aliases].flatMap((name) => readUnder(environment, name, report));
  const [first] = found;
  if (first === undefined) return undefined;
  const { name, text } = first;
  const other = found.find((each) => each.text !== text);
  if (other !== undefined)
    report(name, `is set, and ${other.name} too, to another value`, 'Leave one of them out.');
  if (/^(["']).*\1$/s.test(text))
    report(name, 'is still in quotes', 'Take the quotes around the value away.');
  else if (isPlaceholder(text, form))
    report(name, 'is still a placeholder', 'Put the real value in its place.');
  return first;
};

const parseQuery = (text: string): Readonly<Record<string, string>> | undefined => {
  const parameters = new URLSearchParams(text);
  const isSound = !parameters.has('') && new Set(parameters.keys()).size === parameters.size;
  return isSound ? Object.fromEntries(parameters) : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // What is not JSON is reported by the caller, under the variable's name.
    return undefined;
  }
};

/** How the text of each form is parsed, `undefined` for malformed text, and how that is reported. */
const forms: Readonly<
  Partial<Record<Form, { readonly parse: (text: string) => unknown; readonly problem: string }>>
> = {
  list: { parse: (text) => text.split(',').map((item) => item.trim()), problem: 'is not a list' },
  number: {
    parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
    problem: 'is not a whole number',
  },
  boolean: { parse: (text) => ({ true: true, false: false })[text], problem: 'is neither true nor false' },
  query: { parse: parseQuery, problem: 'has a parameter twice or without a name' },
  json: { parse: parseJson, problem: 'is not JSON' },
};

const readValue = (environment: Environment, facts: Facts, report: Report): unknown => {
  const found = readText(environment, facts, report);
  const text = found?.text ?? facts.fallback;
  const form = forms[facts.form ?? 'text'];
  // A file that may be read again later is passed on by its name.
  if (facts.form === 'source' && found?.file !== undefined) return { file: found.file };
  if (text === undefined || form === undefined) return text;
  const value = form.parse(text);
  if (value === undefined) report(found?.name ?? facts.variable, form.problem, facts.remedy);
  return value;
};

/** The values of declared options, by the name of each, and the mistakes in how they are written. */
export const readVariables = (
  environment: Environment,
  declared: readonly DeclaredOption[],
): { readonly values: Readonly<Record<string, unknown>>; readonly issues: readonly EnvironmentIssue[] } => {
  const values: Record<string, unknown> = {};
  const issues: EnvironmentIssue[] = [];
  for (const { option, facts } of declared) {
    const known = issues.length;
    const value = readValue(environment, facts, (variable, problem, remedy) =>
      issues.push({ variable, problem, remedy }),
    );
    if (value !== undefined && issues.length === known) values[option] = value;
  }
  return { values, issues };
};
