import { type EnvFile, readEnvFile } from './env-file.ts';

const byteOrderMark = '\uFEFF';

/**
 * The environment of this process with the env file that Node has loaded, by `--env-file` or `--env-file-if-exists`, and the
 * mistakes in how that file is written.
 */
export const readProcessEnvironment = (): EnvFile => {
  const files = process.execArgv.flatMap((each) => /^--env-file(?:-if-exists)?=(.+)$/.exec(each)?.[1] ?? []);
  const { variables, issues } = readEnvFile(files.at(-1) ?? '');
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith(byteOrderMark));
  return { variables: { ...variables, ...Object.fromEntries(own) }, issues };
};
