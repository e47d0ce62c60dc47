import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const installTimeoutMs = 300_000;

/** Whether the path is an executable file. */
export const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of the first of these programs in the folders of `path`, by default those of `PATH`. */
export const findProgram = (names: readonly string[], path = process.env.PATH ?? ''): string | undefined => {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
};

/** Runs a program without output, for five minutes at most; returns whether it succeeded. */
export const runSilently = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore', timeout: installTimeoutMs }).status === 0;

/** Installs a Debian package; returns `false` when this is not root on Debian, or when the installation fails. */
export const installWithApt = (name: string): boolean =>
  process.getuid?.() === 0 &&
  existsSync('/etc/debian_version') &&
  runSilently('apt-get', ['update', '-qq']) &&
  runSilently('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name]);
