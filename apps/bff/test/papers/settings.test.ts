import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { blocksIn, root } from '../kit/papers.ts';
import { isRead, readSettings, readVariables } from '../kit/settings-block.ts';

describe.for(blocksIn('env'))('the settings at $place', ({ code }) => {
  test('are read by the configuration without a mistake or a warning', () => {
    const given = readVariables(code);
    expect(Object.keys(given)).not.toEqual([]);
    expect(Object.keys(given).filter((name) => !isRead(name))).toEqual([]);
    expect(readSettings(given).warnings).toEqual([]);
  });
});

test('.env.example with every line uncommented is read but for what only its reader knows', () => {
  const text = readFileSync(`${root}.env.example`, 'utf8').replaceAll(/^# (?=[A-Z_]+=.)/gm, '');
  expect(Object.keys(readVariables(text)).length).toBeGreaterThan(15);
  expect(readSettings(readVariables(text)).warnings).toEqual([]);
});

test.for(blocksIn('json', 'jsonc'))('the JSON at $place parses', ({ code }) => {
  expect(JSON.parse(code.replaceAll(/^\s*\/\/.*$/gm, ''))).toBeDefined();
});

test.for(blocksIn('yaml'))('the YAML at $place parses, and sets variables that are read', ({ code }) => {
  const documents = parseAllDocuments(code);
  expect(documents.flatMap(({ errors }) => errors.map(({ message }) => message))).toEqual([]);
  const names = [...code.matchAll(/name: ([A-Z][A-Z_]+)\b/g)].map(([, name = '']) => name);
  expect(names.filter((name) => !isRead(name))).toEqual([]);
});
