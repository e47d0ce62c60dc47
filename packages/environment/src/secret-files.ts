import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, EnvironmentError } from './environment-error.ts';
import type { Environment } from './read-variables.ts';

/** Several processes may start at once: the file appears whole, and the first one stays. */
const createKeyFile = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const made = `${file}.${process.pid}`;
  writeFileSync(made, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  try {
    linkSync(made, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(made);
  }
};

const refuse = (problem: string, remedy: string): never => {
  throw new EnvironmentError([{ variable: 'SESSION_KEYS', problem: `is not set, and ${problem}`, remedy }]);
};

const readKeyFile = (file: string): string => {
  try {
    if (!existsSync(file)) createKeyFile(file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = codeOf(error);
    return refuse(
      `no key can be kept in ${file}${code === undefined ? '' : ` (${code})`}`,
      'Make the directory writable, or set SESSION_KEYS to the output of: pnpm key.',
    );
  }
};

/**
 * The session key in `file`, which is made where there is none, readable by its owner only.
 *
 * @throws EnvironmentError when none can be kept.
 */
export const keptSessionKey = (file: string): string => {
  const key = readKeyFile(file);
  if (Buffer.from(key, 'base64').length === 32) return key;
  return refuse(`${file} holds no key`, 'Remove that file, then start again.');
};

/** A file that holds a secret, and the variable whose it is. */
export interface SecretFile {
  readonly variable: string;
  readonly file: string;
}

/** Windows has no such mode: there every file looks readable. */
const isReadableByOthers = ({ file }: SecretFile): boolean => {
  const mode = process.platform === 'win32' ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  return (mode & 0o077) !== 0;
};

/** The secret files that group or others can get at: those of `_FILE` variables, and any other that holds one. */
export const findReadableSecrets = (
  environment: Environment,
  others: readonly SecretFile[],
): readonly SecretFile[] => {
  const named = Object.entries(environment)
    .map(([variable, file = '']) => ({ variable, file: file.trim() }))
    .filter(({ variable, file }) => /(^PROVIDERS|_KEYS?|_SECRET|_TOKEN)_FILE$/.test(variable) && file !== '');
  return [...named, ...others].filter(isReadableByOthers);
};
