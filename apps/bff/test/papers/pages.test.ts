import { readFileSync } from 'node:fs';
import { problems } from '@foyer/contract';
import { expect, test } from 'vitest';
import { createConfigurationPage, createExampleFile } from '../../src/configuration-page.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

test('the configuration page says what the table of variables says', () => {
  expect(read('docs/configuration.md')).toBe(createConfigurationPage());
});

test('.env.example holds every variable, commented out', () => {
  expect(read('.env.example')).toBe(createExampleFile());
});

test('the page of errors has one entry for each problem code, with its status and title', () => {
  const entries = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d+) \| ([^|]+) \|/gm)];
  const told = entries.map(([, code, status, title]) => [code, Number(status), title]);
  expect(told).toEqual(Object.entries(problems).map(([code, { status, title }]) => [code, status, title]));
});

test('the README stays within 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
});
