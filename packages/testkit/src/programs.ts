import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const minutes = 60_000;

/** Whether this is a file that may be run. */
export const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first of these programs in the folders of `path`, by default those of `PATH`. */
export const findProgram = (names: readonly string[], path = process.env.PATH ?? ''): string | undefined => {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
};

/** Runs a program to its end, silently, for five minutes at most; gives back whether it went well. */
export const runQuietly = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore', timeout: 5 * minutes }).status === 0;

/** Installs a package of Debian's as root; `false` elsewhere, and when it fails. */
export const installWithApt = (name: string): boolean =>
  process.getuid?.() === 0 &&
  existsSync('/etc/debian_version') &&
  runQuietly('apt-get', ['update', '-qq']) &&
  runQuietly('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name]);
