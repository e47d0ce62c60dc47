import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { codeOf, type EnvironmentIssue } from './environment-error.ts';
import type { Environment } from './read-variables.ts';

/** What an env file holds, and the mistakes in how it is written. */
export interface EnvFile {
  readonly variables: Environment;
  readonly issues: readonly EnvironmentIssue[];
}

const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/** An unquoted value ends at its first `#`, which begins a comment only after a blank. */
const isCut = (written: string): boolean => {
  const at = written.search(/#/);
  if (at < 0 || /^\s*["'`]/.test(written)) return false;
  return at === 0 ? /^#\S/.test(written) : /\S/.test(written[at - 1] ?? '');
};

const findCutNames = (text: string): readonly string[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, name, written = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/.exec(line) ?? [];
    return name !== undefined && isCut(written) ? [name] : [];
  });

/** Names of lines that Node passes over: with a colon or a blank where an `=` should be. Values may have several lines. */
const findUnassignedNames = (text: string): readonly string[] =>
  text
    .replace(/=[ \t]*(["'`])[\s\S]*?\1/g, '=')
    .split(/\r?\n/)
    .flatMap((line) => /^\s*(?:export\s+)?([A-Z][A-Z\d_]*)[: \t]\s*[^\s=]/.exec(line)?.slice(1) ?? []);

const findMistakes = (text: string, file: string): readonly EnvironmentIssue[] => [
  ...findCutNames(text).map((variable) => ({
    variable,
    problem: `is cut at a # in ${file}`,
    remedy: 'Put its value into quotes, or a blank before the comment.',
  })),
  ...findUnassignedNames(text).map((variable) => ({
    variable,
    problem: `has no = in ${file}`,
    remedy: `Write it as ${variable}=value.`,
  })),
];

/** Reads an env file as Node does, and a byte order mark too, which Node takes for part of the first name. */
export const readEnvFile = (file: string): EnvFile => {
  if (!existsSync(file)) return { variables: {}, issues: [] };
  const refuse = (problem: string, remedy: string): EnvFile => ({
    variables: {},
    issues: [{ variable: file, problem, remedy }],
  });
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = codeOf(error) ?? 'unknown error';
    return refuse(`cannot be read (${code})`, 'Make it a file that this user may read, or remove it.');
  }
  if (isUtf16(bytes) || bytes.includes(0)) return refuse('is written in UTF-16', 'Save it as UTF-8.');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  return { variables: parseEnv(text), issues: findMistakes(text, file) };
};

const byteOrderMark = '\uFEFF';

/**
 * The environment of this process with the env file that Node has loaded, by `--env-file` or `--env-file-if-exists`, and the
 * mistakes in how that file is written.
 */
export const readProcessEnvironment = (): EnvFile => {
  const files = process.execArgv.flatMap((each) => /^--env-file(?:-if-exists)?=(.+)$/.exec(each)?.[1] ?? []);
  const { variables, issues } = readEnvFile(files.at(-1) ?? '');
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith(byteOrderMark));
  return { variables: { ...variables, ...Object.fromEntries(own) }, issues };
};
