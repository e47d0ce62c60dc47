import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDevProvider } from '@foyer/dev-provider';
import { freePort, tieToThisProcess } from '@foyer/testkit';
import { expect } from 'vitest';
import { run } from './tarballs.ts';

/** Makes a product with React by the packed command, as `npm create` runs it. */
export const createProduct = (packages: string, folder: string): Promise<string> => {
  const npx = ['--yes', '--prefer-offline', '--package', join(packages, 'create-foyer.tgz')];
  return run('npx', [...npx, 'create-foyer', folder, '--packages', packages], packages);
};

/** Makes a product by the packed command, unpacked into `command`: what npx adds to that takes seconds. */
export const createProductWith = (command: string, packages: string, folder: string, spa: string) =>
  run(
    process.execPath,
    [join(command, 'package/bin.js'), folder, '--packages', packages, '--spa', spa],
    packages,
  );

/** A server of a product that runs. */
export interface RunningProduct extends AsyncDisposable {
  readonly url: string;
  readonly output: () => string;
}

const isAlive = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
};

/** Stops a process as Ctrl-C does, with everything that it has started, and waits until nothing of it is left. */
const stopGroup = async (child: ChildProcess): Promise<void> => {
  const group = child.pid ?? 0;
  if (!isAlive(group)) return;
  const ended = once(child, 'exit');
  process.kill(-group, 'SIGINT');
  await ended;
  await expect.poll(() => isAlive(group), { timeout: 10_000 }).toBe(false);
};

/** Runs a script of the product until it answers; `variables` has its `PORT`. */
export const startProduct = async (
  folder: string,
  script: 'dev' | 'start',
  variables: Readonly<Record<string, string>> & { readonly PORT: string },
): Promise<RunningProduct> => {
  const url = `http://localhost:${variables.PORT}`;
  const { PATH, HOME } = process.env;
  const child = spawn('npm', ['run', script], {
    cwd: folder,
    detached: true,
    env: { PATH, HOME, ...variables },
  });
  tieToThisProcess(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text += String(bytes)));
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
  } catch (cause) {
    await stopGroup(child);
    throw new Error(`The product did not answer. It printed:\n${text}`, { cause });
  }
  return { url, output: () => text, [Symbol.asyncDispose]: () => stopGroup(child) };
};

/** Starts the built product with a provider of its own. */
export const startWithProvider = async (folder: string): Promise<RunningProduct> => {
  const PORT = String(await freePort());
  const provider = await startDevProvider({ publicUrls: [`http://localhost:${PORT}`] });
  const product = await startProduct(folder, 'start', {
    PORT,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    SESSION_KEYS: randomBytes(32).toString('base64'),
  });
  return {
    ...product,
    [Symbol.asyncDispose]: async () => {
      await product[Symbol.asyncDispose]();
      await provider.close();
    },
  };
};

/** The packages that the product's sources import and its `package.json` does not name. */
export const findMissingPackages = async (folder: string): Promise<readonly string[]> => {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = globSync(['*.ts', '{src,test}/**/*.{ts,tsx,vue,svelte}'], { cwd: folder });
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const imported = texts
    .flatMap((text) => [...text.matchAll(/from '([^'.][^']*)'/g)].map(([, name = '']) => name))
    .filter((name) => !name.startsWith('node:'))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
  return imported.filter((name) => !Object.hasOwn({ ...dependencies, ...devDependencies }, name));
};

/** The files of the product in which something of a template is left: a placeholder, or the marker of a line. */
export const findTemplateRests = async (folder: string): Promise<readonly string[]> => {
  const files = globSync(['*.*', 'Dockerfile', '{src,test}/**/*.*'], { cwd: folder });
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const rest = /\{ ?\{ ?(title|name) ?\} ?\}|\/\/ with(out)? pages/;
  return files.filter((_file, index) => rest.test(texts[index] ?? ''));
};
