import { join } from 'node:path';
import { checkOptions } from '@foyer/fastify/options';
import { keptSessionKey } from '../session-key.ts';
import { EnvironmentError } from './environment-error.ts';
import type { PluginOptions } from './plugin-options.ts';

/** Where the key is kept that was made here. */
export const keptKeyFile = (dataDir: string): string => join(dataDir, 'session-key');

/** The options with the key that is kept in `dataDir`. @throws EnvironmentError when none can be kept. */
export const withKey = (options: PluginOptions, dataDir: string): PluginOptions => {
  const file = keptKeyFile(dataDir);
  try {
    const made = { ...options, sessionKeys: [keptSessionKey(file)] };
    const issues = checkOptions(made).filter(({ option }) => option === 'sessionKeys');
    if (issues.length === 0) return made;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new EnvironmentError([
      {
        variable: 'SESSION_KEYS',
        problem: `is not set, and no key can be kept in ${file}${code}`,
        remedy: 'Make the directory writable, or set SESSION_KEYS to the output of: pnpm key.',
      },
    ]);
  }
  throw new EnvironmentError([
    {
      variable: 'SESSION_KEYS',
      problem: `is not set, and ${file} holds no key`,
      remedy: 'Remove that file, then start again.',
    },
  ]);
};
