import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Spa, spas } from './spas.ts';

/** What the command was asked for. */
export interface Request {
  /** Path of the new folder; `undefined` when it was not given. */
  readonly folder: string | undefined;
  readonly spa: Spa;
  /** Folder with the packed packages, for an installation without a registry. */
  readonly packages: string | undefined;
  readonly wantsHelp: boolean;
}

/** A mistake in the command; the message is one sentence that says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const usage = 'npm create foyer my-app -- --spa vue';

const isSpa = (name: string): name is Spa => Object.hasOwn(spas, name);

const parseSpa = (name: string): Spa => {
  if (isSpa(name)) return name;
  throw new CommandError(`There is no SPA "${name}": choose one of ${Object.keys(spas).join(', ')}.`);
};

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { spa: { type: 'string' }, packages: { type: 'string' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    const flag = /'(-[^' ]*)/.exec(String(error))?.[1] ?? 'That';
    throw new CommandError(`${flag} is not an option that can be used so: write it as in ${usage}.`);
  }
};

/**
 * Reads the arguments of the command.
 *
 * @throws CommandError for an unknown option, SPA, or a second name.
 */
export const readArguments = (args: readonly string[]): Request => {
  const { values, positionals } = parse(args);
  const [folder, second] = positionals;
  if (second !== undefined)
    throw new CommandError(`"${second}" is one name too many: put options behind --, as in ${usage}.`);
  const { spa = 'react', packages, help = false } = values;
  return { folder, spa: parseSpa(spa), packages, wantsHelp: help };
};

/**
 * The package name of a product in this folder.
 *
 * @throws CommandError when the folder's name is not one that npm accepts.
 */
export const readName = (folder: string): string => {
  const name = basename(resolve(folder));
  if (/^[a-z0-9][a-z0-9._-]{0,99}$/.test(name)) return name;
  throw new CommandError(
    `"${name}" cannot be a package's name: use lowercase letters, digits and hyphens, as in my-app.`,
  );
};
