import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const app = resolve(import.meta.dirname, '..');
const sources = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'branding.ts', 'precompress.ts'],
  'package.json',
];

/** A built app in a folder of its own. */
export interface BuiltApp {
  /** The folder with `index.html`. */
  readonly dir: string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** What to build: files by name, on top of the starter or alone. */
export interface AppSource {
  readonly files: Readonly<Record<string, string>>;
  readonly withStarter?: boolean;
  /** The path that the app is served below, with slashes around it. Default `/`. */
  readonly base?: string;
}

/** Builds an app with the dependencies of the starter. */
export const buildApp = async ({ files, withStarter = false, base = '/' }: AppSource): Promise<BuiltApp> => {
  const root = await mkdtemp(join(tmpdir(), 'foyer-app-'));
  await symlink(join(app, 'node_modules'), join(root, 'node_modules'));
  if (withStarter)
    for (const name of sources) await cp(join(app, name), join(root, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  // In a process of its own, without the NODE_ENV of the tests: that makes a build for development.
  const vite = join(app, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error', '--base', base], {
    cwd: root,
    env: { PATH: process.env.PATH },
  });
  return {
    dir: join(root, 'dist'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
};
