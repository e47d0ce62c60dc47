import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError, variables } from '@foyer/environment';
import { fuzzRuns } from '@foyer/testkit';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseEnvironment } from '../src/environment.ts';
import { createSessionKey } from './kit/keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'foyer-environment-'));
const places = { dataDir: join(folder, 'data'), spaDir: join(folder, 'spa') };
mkdirSync(places.spaDir);
writeFileSync(join(places.spaDir, 'index.html'), '<!doctype html>');
const file = join(folder, 'canary-file');
writeFileSync(file, 'canary-content');

afterAll(() => rmSync(folder, { recursive: true }));

const names = variables.flatMap(({ facts: { variable } }) => [variable, `${variable}_FILE`]);
const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '1s',
    '-1',
    '[]',
    '{}',
    'null',
    '[null]',
    '[{"prefix":"/api/a"}]',
    'none',
    '*',
  ),
  fc.constantFrom(
    'https://op.example',
    'http://localhost:1',
    'http://[',
    'https://u:canary-p@h',
    'redis://:canary-p@',
  ),
  fc.constantFrom(
    'sqlite:canary-name',
    `${createSessionKey()},canary-key`,
    'openid',
    '%zz',
    '__proto__',
    file,
  ),
  fc.string({ unit: 'binary', maxLength: 30 }).map((odd) => `canary-text${odd}`),
  fc.json({ maxDepth: 3 }).map((json) => json.replaceAll('"', '"canary-json')),
);
const environments = fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 12 });

test('whatever the environment holds, it is accepted or every mistake is reported, and no value is printed', () => {
  fc.assert(
    fc.property(environments, (environment) => {
      try {
        const { options, unknownVariables } = parseEnvironment(environment, [], places);
        expect(options.sessionKeys.length).toBeGreaterThan(0);
        expect(JSON.stringify(unknownVariables)).not.toContain('canary');
      } catch (error) {
        if (!(error instanceof EnvironmentError)) throw error;
        expect(error.issues.length).toBeGreaterThan(0);
        const known = error.issues.filter(({ variable }) => names.includes(variable));
        expect(known).toEqual(error.issues);
        expect(error.message).not.toContain('canary');
      }
    }),
    fuzzRuns(1500),
  );
});
