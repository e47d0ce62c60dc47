import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { run } from './tarballs.ts';

/** The packages that a product installs, by the names of their tarballs. */
const names = ['contract', 'client', 'fastify', 'dev-provider'] as const;

/** Another release of packed packages. */
interface Release {
  readonly version: string;
  /** The line that its `dist/index.js` ends with. */
  readonly mark: string;
}

const packAgain = async (packages: string, name: string, { version, mark }: Release, into: string) => {
  const opened = join(into, name);
  const manifest = join(opened, 'package/package.json');
  await mkdir(opened, { recursive: true });
  await run('tar', ['xzf', join(packages, `${name}.tgz`), '-C', opened], packages);
  const { dependencies, ...rest } = JSON.parse(await readFile(manifest, 'utf8'));
  const ours = Object.keys({ ...dependencies }).filter((each) => each.startsWith('@foyer/'));
  const raised = Object.fromEntries(ours.map((each) => [each, version]));
  await writeFile(
    manifest,
    JSON.stringify({ ...rest, dependencies: { ...dependencies, ...raised }, version }),
  );
  await appendFile(join(opened, 'package/dist/index.js'), `\n${mark}`);
  await run('tar', ['czf', join(into, `${name}.tgz`), '-C', opened, 'package'], into);
  await rm(opened, { recursive: true });
};

/** Packs all packages once more, with this version and this mark, into a new folder. */
export const packRelease = async (packages: string, release: Release, into: string): Promise<void> => {
  await mkdir(into);
  await Promise.all(names.map((name) => packAgain(packages, name, release, into)));
};

/** Starts a registry of npm on loopback that has this one release of our packages; returns its address. */
export const startRegistry = async (packages: string, version: string) => {
  const readManifest = async (name: string): Promise<object> =>
    JSON.parse(await run('tar', ['xzOf', join(packages, `${name}.tgz`), 'package/package.json'], packages));
  const server = createServer(async ({ url = '' }, response) => {
    if (url.endsWith('.tgz')) return createReadStream(join(packages, url)).pipe(response);
    const name = url.split('%2f').at(-1) ?? '';
    const dist = { tarball: `${address}/${name}.tgz` };
    const versions = { [version]: { ...(await readManifest(name)), dist } };
    return response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ name: `@foyer/${name}`, 'dist-tags': { latest: version }, versions }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Object(server.address());
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
