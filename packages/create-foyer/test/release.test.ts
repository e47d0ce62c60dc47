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

/** The commands of a step of the workflow that publishes. */
const readStep = async (name: string): Promise<string> => {
  const text = await readFile(join(root, '.github/workflows/release.yml'), 'utf8');
  const [, , rest = ''] = text.split(new RegExp(`(- name: ${name}\\n +run: \\|\\n)`));
  return rest.slice(0, rest.search(/\n\n|\n +- /));
};

/** An npm that knows one published version, and writes down what it is asked for. */
const fakeNpm = `#!/bin/sh
echo "$@" >> asked
[ "$1" != view ] || [ "$2" = there@1.0.0 ]
`;

test('a release publishes the tarballs whose version is not published yet, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'foyer-publish-'));
  try {
    await mkdir(join(folder, '.packages'));
    await mkdir(join(folder, 'package'));
    for (const name of ['@foyer/new', 'there']) {
      await writeFile(join(folder, 'package/package.json'), JSON.stringify({ name, version: '1.0.0' }));
      await run('tar', ['czf', `.packages/${name.split('/').at(-1)}.tgz`, 'package'], folder);
    }
    await writeFile(join(folder, 'npm'), fakeNpm, { mode: 0o700 });
    const step = await readStep('Publish what is not published yet');
    await run('env', [`PATH=${folder}:${process.env.PATH}`, 'bash', '-ec', step], folder);
    expect((await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n')).toEqual([
      'view @foyer/new@1.0.0 version',
      'publish ./.packages/new.tgz --provenance --access public',
      'view there@1.0.0 version',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
