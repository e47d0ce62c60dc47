import { readFileSync } from 'node:fs';
import type { DeclaredOption } from '@foyer/fastify/options';

/** The environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One mistake in the environment; never with a value in it. */
export interface EnvironmentIssue {
  readonly variable: string;
  readonly problem: string;
  readonly remedy: string;
}

/** Receives each mistake. */
export type Report = (issue: EnvironmentIssue) => void;

/** A variable's text and the name under which it was found. */
export interface VariableText {
  readonly name: string;
  readonly text: string;
  /** The file that holds it. */
  readonly file?: string;
}

const readValueFile = (name: string, path: string, report: Report): VariableText | undefined => {
  try {
    return { name, text: readFileSync(path, 'utf8').trim(), file: path };
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

const readUnder = (environment: Environment, name: string, report: Report): VariableText | undefined => {
  const text = environment[name]?.trim() ?? '';
  const path = environment[`${name}_FILE`]?.trim() ?? '';
  if (text !== '' && path !== '') {
    report({ variable: name, problem: `is set, and ${name}_FILE too`, remedy: 'Leave one of them out.' });
    return undefined;
  }
  if (path !== '') return readValueFile(`${name}_FILE`, path, report);
  return text === '' ? undefined : { name, text };
};

/** What the documentation has in place of a value. In JSON a text may well hold an ellipsis of its own. */
const placeholders = { json: /"…"|"<[a-z ]+>"/, other: /…|^<[^>]*>$|[/.]<[a-z ]+>/ } as const;

const describeSlip = (
  text: string,
  form: DeclaredOption['facts']['form'],
): Omit<EnvironmentIssue, 'variable'> | undefined => {
  if (/^(["']).*\1$/s.test(text))
    return { problem: 'is still in quotes', remedy: 'Take the quotes around the value away.' };
  if (placeholders[form === 'json' ? 'json' : 'other'].test(text))
    return { problem: 'is still a placeholder', remedy: 'Put the real value in its place.' };
  return undefined;
};

/** Finds a variable's text under its name, its `_FILE` name or an alias; empty counts as not set. */
export const readText = (
  environment: Environment,
  { variable, aliases = [], form }: DeclaredOption['facts'],
  report: Report,
): VariableText | undefined => {
  const found = [variable, ...aliases].flatMap((name) => readUnder(environment, name, report) ?? []);
  const [first, other] = [found[0], found.find(({ text }) => text !== found[0]?.text)];
  if (first === undefined) return undefined;
  if (other !== undefined) {
    const problem = `is set, and ${other.name} too, to another value`;
    report({ variable: first.name, problem, remedy: 'Leave one of them out.' });
  }
  const slip = describeSlip(first.text, form);
  if (slip !== undefined) report({ variable: first.name, ...slip });
  return first;
};
