import { statSync } from 'node:fs';
import type { Environment } from './read-variables.ts';

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
