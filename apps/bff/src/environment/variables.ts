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

const readUnder = (environment: Environment, name: string, report: Report): VariableText | undefined => {
  const text = environment[name]?.trim() ?? '';
  const file = environment[`${name}_FILE`]?.trim() ?? '';
  if (file === '') return text === '' ? undefined : { name, text };
  if (text !== '') {
    report(name, `is set, and ${name}_FILE too`, 'Leave one of them out.');
    return undefined;
  }
  try {
    return { name: `${name}_FILE`, text: readFileSync(file, 'utf8').trim(), file };
  } catch (error) {
    const code = codeOf(error);
    const problem = `names a file that cannot be read${code === undefined ? '' : ` (${code})`}`;
    report(`${name}_FILE`, problem, 'Give the path of a readable file that holds the value.');
    return undefined;
  }
};

/** What the documentation has in place of a value. In JSON a text may well hold an ellipsis of its own. */
const placeholders = { json: /"…"|"<[a-z ]+>"/, other: /…|^<[^>]*>$|[/.]<[a-z ]+>/ } as const;

const reportSlips = ({ name, text }: VariableText, form: Form, report: Report): void => {
  if (/^(["']).*\1$/s.test(text))
    report(name, 'is still in quotes', 'Take the quotes around the value away.');
  else if (placeholders[form === 'json' ? 'json' : 'other'].test(text))
    report(name, 'is still a placeholder', 'Put the real value in its place.');
};

/** Finds a variable's text under its name, its `_FILE` name or an alias; empty counts as not set. */
const readText = (
  environment: Environment,
  { variable, aliases = [], form = 'text' }: Facts,
  report: Report,
): VariableText | undefined => {
  const found = [variable, ...aliases].flatMap((name) => readUnder(environment, name, report) ?? []);
  const [first] = found;
  if (first === undefined) return undefined;
  const other = found.find(({ text }) => text !== first.text);
  if (other !== undefined)
    report(first.name, `is set, and ${other.name} too, to another value`, 'Leave one of them out.');
  reportSlips(first, form, report);
  return first;
};

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

/** What a text stands for, `undefined` when it is not written as its form demands, and what to say then. */
const forms: Readonly<Record<Form, { readonly parse: (text: string) => unknown; readonly problem: string }>> =
  {
    text: { parse: String, problem: 'is not a text' },
    source: { parse: String, problem: 'is not a text' },
    duration: { parse: String, problem: 'is not a duration' },
    size: { parse: String, problem: 'is not a size' },
    list: { parse: (text) => text.split(',').map((item) => item.trim()), problem: 'is not a list' },
    number: {
      parse: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
      problem: 'is not a whole number',
    },
    boolean: {
      parse: (text) => ({ true: true, false: false })[text],
      problem: 'is neither true nor false',
    },
    query: { parse: parseQuery, problem: 'has a parameter twice or without a name' },
    json: { parse: parseJson, problem: 'is not JSON' },
  };

const readValue = (environment: Environment, facts: Facts, report: Report): unknown => {
  const found = readText(environment, facts, report);
  const text = found?.text ?? facts.fallback;
  if (text === undefined) return undefined;
  // A file that may be read again later is passed on by its name.
  if (facts.form === 'source' && found?.file !== undefined) return { file: found.file };
  const { parse, problem } = forms[facts.form ?? 'text'];
  const value = parse(text);
  if (value === undefined) report(found?.name ?? facts.variable, problem, facts.remedy);
  return value;
};

/** The values of declared options, by the name of each; mistakes in how they are written are added to `issues`. */
export const readValues = (
  environment: Environment,
  declared: readonly DeclaredOption[],
  issues: EnvironmentIssue[],
): Record<string, unknown> =>
  Object.fromEntries(
    declared.flatMap(({ option, facts }) => {
      const found: EnvironmentIssue[] = [];
      const report: Report = (variable, problem, remedy) => found.push({ variable, problem, remedy });
      const value = readValue(environment, facts, report);
      issues.push(...found);
      return value === undefined || found.length > 0 ? [] : [[option, value]];
    }),
  );
