import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf, EnvironmentError } from './environment-error.ts';

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
