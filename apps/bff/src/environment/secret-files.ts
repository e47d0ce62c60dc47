import { statSync } from 'node:fs';
import type { Environment } from './variables.ts';

/** A file that holds a secret, and the variable whose it is. */
export interface SecretFile {
  readonly variable: string;
  readonly file: string;
}

const isSecretFileVariable = (name: string): boolean => /(^PROVIDERS|_KEYS?|_SECRET|_TOKEN)_FILE$/.test(name);

/** Windows has no such mode: there every file looks readable. */
const isReadableByOthers = (file: string): boolean => {
  const mode = process.platform === 'win32' ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  return (mode & 0o077) !== 0;
};

/** The secret files that group or others can get at: those of `_FILE` variables, and the key that is kept. */
export const findReadableSecrets = (
  environment: Environment,
  keptKey: string | undefined,
): readonly SecretFile[] => {
  const named = Object.entries(environment).flatMap(([variable, file = '']) =>
    isSecretFileVariable(variable) && file.trim() !== '' ? [{ variable, file: file.trim() }] : [],
  );
  const kept = keptKey === undefined ? [] : [{ variable: 'SESSION_KEYS', file: keptKey }];
  return [...named, ...kept].filter(({ file }) => isReadableByOthers(file));
};
