import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

const execute = promisify(execFile);

/** Runs a program to its end; returns what it printed. @throws Error with its output when it fails. */
export const run = async (program: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    const { stdout } = await execute(program, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = Object(error);
    const output = `${stdout}${stderr}`;
    throw new Error(`${program} ${args.join(' ')} failed.\n${output}`, { cause: error });
  }
};

/** Builds, packs and checks the published packages into a folder. */
export const buildPackages = (folder: string): Promise<string> =>
  run(process.execPath, [`${root}scripts/build-packages.mjs`, folder], root);

/** Installs what a project's `package.json` names, from npm's cache where it can. */
export const npmInstall = (project: string, ...added: readonly string[]): Promise<string> =>
  run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', ...added],
    project,
  );
