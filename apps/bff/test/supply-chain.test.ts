import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const workspace = parse(read('pnpm-workspace.yaml'));
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
/** How a manifest names a version that the workspace has. */
const fromWorkspace = [
  'catalog:',
  'workspace:*',
  ...Object.keys(workspace.catalogs).map((name) => `catalog:${name}`),
];

test('every version is exact: in the catalog, and where a manifest names one', () => {
  const inexact = (versions: object): readonly unknown[] =>
    Object.entries(versions).filter(
      ([, version]) => !exact.test(version) && !fromWorkspace.includes(version),
    );
  for (const versions of [workspace.catalog, ...Object.values<object>(workspace.catalogs)])
    expect(inexact(versions)).toEqual([]);
  expect(workspace.saveExact).toBe(true);
  // Minutes: SECURITY.md promises that a version of less than a day is not installed.
  expect(workspace.minimumReleaseAge).toBe(24 * 60);
  const manifests = ['package.json', ...globSync('{apps,packages}/*/package.json', { cwd: root })];
  expect(manifests.length).toBeGreaterThan(7);
  for (const path of manifests) {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = JSON.parse(read(path));
    expect([path, inexact({ ...dependencies, ...devDependencies, ...optionalDependencies })]).toEqual([
      path,
      [],
    ]);
  }
});

test('npm install, which cannot read the catalog, says what to run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-npm-'));
  try {
    writeFileSync(join(folder, 'package.json'), read('package.json'));
    const { status, stderr } = spawnSync('npm', ['install', '--offline'], { cwd: folder, encoding: 'utf8' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('install with npx pnpm install\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('of all installed packages only the pinned Node may run a script', () => {
  const allowed = Object.entries(workspace.allowBuilds).filter(([, isAllowed]) => isAllowed !== false);
  expect(allowed).toEqual([['node', true]]);
  expect(workspace.dangerouslyAllowAllBuilds).toBeUndefined();
});

test('the bill of materials names what production runs, with hashes, and nothing of development', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const [program = '', ...args] = scripts.sbom.split(' ');
  const { bomFormat, components } = JSON.parse(execFileSync(program, args, { cwd: root, encoding: 'utf8' }));
  const named = components.map(({ name }: { name: string }) => name);
  expect(bomFormat).toBe('CycloneDX');
  expect(named).toEqual(
    expect.arrayContaining(['fastify', 'openid-client', 'jose', 'ioredis', 'sodium-native']),
  );
  for (const other of ['vitest', 'oidc-provider', 'playwright-core', 'typescript'])
    expect(named).not.toContain(other);
  const fastify = components.find(({ purl }: { purl: string }) => purl.startsWith('pkg:npm/fastify@'));
  expect(fastify.version).toBe(workspace.catalog.fastify);
  expect(JSON.stringify(fastify)).toContain('SHA-512');
});

test('updates are proposed for the packages and for the base images', () => {
  const { updates } = parse(read('.github/dependabot.yml'));
  expect(updates.map((update: Record<string, unknown>) => update['package-ecosystem'])).toEqual([
    'npm',
    'docker',
    'docker-compose',
    'github-actions',
  ]);
});

const pinBases = (folder: string, ...args: string[]) =>
  spawnSync(process.execPath, [`${root}scripts/pin-bases.mjs`, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: folder },
  });

test('pnpm pin:bases writes a digest behind every base image, and the release refuses what has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-bases-'));
  const files = ['Dockerfile', 'docker-compose.yml'] as const;
  for (const file of files) writeFileSync(join(folder, file), read(file));
  // Stands in for Docker, which would ask a registry.
  const digest = `sha256:${'1f'.repeat(32)}`;
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho ${digest}\n`, { mode: 0o755 });
  const bases = /(?:FROM |from=|image: )([\w./-]+:[\w.-]+)(\S*)/g;
  const basesOf = (file: string) => [...readFileSync(join(folder, file), 'utf8').matchAll(bases)];
  expect(pinBases(folder).status).toBe(0);
  const pinned = files.flatMap(basesOf);
  expect(pinned.length).toBeGreaterThan(6);
  for (const [, , end = ''] of pinned) expect(end.startsWith(`@${digest}`)).toBe(true);
  expect(pinBases(folder, '--check').status).toBe(0);
  writeFileSync(join(folder, 'Dockerfile'), 'FROM node:24-bookworm-slim AS workspace\n');
  const { status, stderr } = pinBases(folder, '--check');
  expect([status, stderr]).toEqual([1, expect.stringContaining('node:24-bookworm-slim has no digest')]);
  const { jobs } = parse(read('.github/workflows/release.yml'));
  const commands = jobs.test.steps.map(({ run = '' }: { run?: string }) => run);
  expect(commands).toContain('node scripts/pin-bases.mjs --check');
  rmSync(folder, { recursive: true });
});

test.for(['ci.yml', 'release.yml'])('every action of %s is pinned to a commit', (name) => {
  const used = [...read(`.github/workflows/${name}`).matchAll(/uses: (.*)$/gm)].map(([, action]) => action);
  expect(used.length).toBeGreaterThan(1);
  for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('a release tests first, publishes with provenance, and signs an image for two architectures with its bill', () => {
  const { on, jobs } = parse(read('.github/workflows/release.yml'));
  expect(on).toEqual({ push: { tags: ['v*.*.*'] } });
  expect([jobs.packages.needs, jobs.image.needs]).toEqual(['test', 'test']);
  const commands = (job: { steps: readonly { run?: string }[] }): string =>
    job.steps.map(({ run = '' }) => run).join('\n');
  expect(commands(jobs.packages)).toMatch(/npm publish "\$tarball" --provenance/);
  expect(commands(jobs.image)).toMatch(/run sbom[\s\S]*cosign sign[\s\S]*cosign attest .*--type cyclonedx/);
  const [{ with: image }] = jobs.image.steps.filter(({ id }: { id?: string }) => id === 'build');
  expect(image).toMatchObject({ platforms: 'linux/amd64,linux/arm64', sbom: true, target: 'bff' });
});

test('the packages that are published have one version, are packed, and are raised together', () => {
  const published = globSync('packages/*/package.json', { cwd: root })
    .map((path) => JSON.parse(read(path)))
    .filter((manifest) => manifest.private !== true);
  const names = published.map(({ name }) => name).toSorted();
  expect(new Set(published.map(({ version }) => version)).size).toBe(1);
  const config = JSON.parse(read('.changeset/config.json'));
  expect(config.fixed).toEqual([names]);
  const packed = /const names = \[([^\]]+)\]/.exec(read('scripts/build-packages.mjs'))?.[1] ?? '';
  const folders = [...packed.matchAll(/'([\w-]+)'/g)].map(([, folder]) => folder);
  expect(
    folders.map((folder) => JSON.parse(read(`packages/${folder}/package.json`)).name).toSorted(),
  ).toEqual(names);
});
