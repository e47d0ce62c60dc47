import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createConfigurationPage, createExampleFile } from '../../src/configuration-page.ts';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');

test('the configuration page says what the table of variables says', () => {
  expect(read('docs/configuration.md')).toBe(createConfigurationPage());
});

test('.env.example holds every variable, commented out', () => {
  expect(read('.env.example')).toBe(createExampleFile());
});

test('the README stays within 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
});
