import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Service } from 'kubernetes-models/v1/Service';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { blocksIn, root } from '../kit/pages.ts';

const models = { Deployment, PodDisruptionBudget, Service };

const manifests = blocksIn('yaml')
  .flatMap(({ code }) => parseAllDocuments(code).map((document) => document.toJS()))
  .filter((document) => document?.kind !== undefined && document.apiVersion !== undefined);

test('the documentation has a deployment, a service and a budget for disruptions', () => {
  expect(manifests.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'PodDisruptionBudget', 'Service']);
});

test.for(manifests.map((manifest) => [manifest.kind, manifest] as const))(
  'the %s passes the schema of Kubernetes',
  ([kind, manifest]) => {
    const Model = Object.entries(models).find(([name]) => name === kind)?.[1];
    expect(Model).toBeDefined();
    if (Model !== undefined) new Model(manifest).validate();
  },
);

/** The schema lets unknown fields pass, as the server may; the types do not. */
const typeCheck = (manifest: { apiVersion: string; kind: string }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-kubernetes-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    for (const name of ['kubernetes-models', '@types'])
      symlinkSync(join(root, 'apps/bff/node_modules', name), join(folder, 'node_modules', name));
    const { kind, apiVersion } = manifest;
    const text = `import type { I${kind} } from 'kubernetes-models/${apiVersion}/${kind}';
      export const manifest: I${kind} = ${JSON.stringify(manifest)};`;
    writeFileSync(join(folder, 'manifest.ts'), text);
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext'];
    const tsc = join(root, 'node_modules/.bin/tsc');
    return spawnSync(tsc, [...options, 'manifest.ts'], { cwd: folder, encoding: 'utf8' }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('no manifest has a field that Kubernetes does not know', () => {
  expect(manifests.map(typeCheck)).toEqual(['', '', '']);
  const [{ spec, ...rest }] = manifests;
  expect(typeCheck({ ...rest, spec: { ...spec, replicaz: 3 } })).toContain('replicaz');
});
