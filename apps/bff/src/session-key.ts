import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A fresh session key: 32 random bytes in base64. */
export const createSessionKey = (): string => randomBytes(32).toString('base64');

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Reads the session key in `file`; creates the file, readable by its owner only, when there is none.
 *
 * @throws Error when the file can be neither read nor written.
 */
export const keptSessionKey = (file: string): string => {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const made = `${file}.${process.pid}`;
    writeFileSync(made, `${createSessionKey()}\n`, { mode: 0o600 });
    try {
      linkSync(made, file);
    } catch (error) {
      // Another process created the file in the meantime; its key is used.
      if (!hasCode(error, 'EEXIST')) throw error;
    } finally {
      unlinkSync(made);
    }
  }
  return readFileSync(file, 'utf8').trim();
};
