import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { EnvironmentIssue } from './environment-error.ts';
import type { Environment } from './variables.ts';

/** What an env file holds, and the mistakes in how it is written. */
export interface EnvFile {
  readonly variables: Environment;
  readonly issues: readonly EnvironmentIssue[];
}

const isUtf16 = ([first, second]: Buffer): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

const refuseFile = (file: string, problem: string, remedy: string): EnvFile => ({
  variables: {},
  issues: [{ variable: file, problem, remedy }],
});

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

/** Reads an env file as Node does, and a byte order mark too, which Node takes for part of the first name. */
export const readEnvFile = (file: string): EnvFile => {
  if (!existsSync(file)) return { variables: {}, issues: [] };
  const bytes = readFileSync(file);
  if (isUtf16(bytes) || bytes.includes(0))
    return refuseFile(file, 'is written in UTF-16', 'Save it as UTF-8.');
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  const issues = findCutNames(text).map((variable) => ({
    variable,
    problem: `is cut at a # in ${file}`,
    remedy: `Put its value into quotes, or a blank before the comment.`,
  }));
  return { variables: parseEnv(text), issues };
};
