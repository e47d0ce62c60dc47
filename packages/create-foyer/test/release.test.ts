import { cp, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from './kit/tarballs.ts';

const note = `---
"@foyer/client": minor
---

A note for the changelog.
`;

/** The manifests of the workspace and the settings of changesets, in a repository of their own. */
const copyWorkspace = async (folder: string): Promise<readonly string[]> => {
  const manifests: string[] = [];
  for await (const path of glob('{apps,packages}/*/package.json', { cwd: root })) manifests.push(path);
  for (const path of [...manifests, 'package.json', 'pnpm-workspace.yaml', '.changeset/config.json']) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(root, path), join(folder, path));
  }
  await writeFile(join(folder, '.changeset/one.md'), note);
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-qm', 'all'],
  ])
    await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], folder);
  return manifests;
};

test('one note raises the versions of all published packages together, and writes the changelog', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-release-'));
  try {
    const manifests = await copyWorkspace(folder);
    await run(join(root, 'node_modules/.bin/changeset'), ['version'], folder);
    const read = async (path: string) => JSON.parse(await readFile(join(folder, path), 'utf8'));
    const before = JSON.parse(await readFile(join(root, 'packages/fastify/package.json'), 'utf8')).version;
    for (const path of manifests) {
      const { name, version, private: isPrivate } = await read(path);
      expect([name, version === before]).toEqual([name, isPrivate === true]);
    }
    const { version } = await read('packages/create-foyer/package.json');
    expect((await read('packages/fastify/package.json')).version).toBe(version);
    const changelog = await readFile(join(folder, 'packages/client/CHANGELOG.md'), 'utf8');
    expect(changelog).toMatch(new RegExp(`## ${version}[\\s\\S]*A note for the changelog\\.`));
  } finally {
    await rm(folder, { recursive: true });
  }
});
