import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { blocksIn, pages, proseOf, root } from '../kit/pages.ts';
import { isRead, readSettings, readVariables } from '../kit/settings-block.ts';

describe.for(blocksIn('env'))('the settings at $place', ({ code }) => {
  test('are read by the configuration without a mistake or a warning', () => {
    const given = readVariables(code);
    expect(Object.keys(given)).not.toEqual([]);
    expect(Object.keys(given).filter((name) => !isRead(name))).toEqual([]);
    expect(readSettings(given).unknownVariables).toEqual([]);
  });
});

test('.env.example with every line uncommented lacks only what the reader has to fill in', () => {
  const text = readFileSync(`${root}.env.example`, 'utf8').replaceAll(/^# (?=[A-Z_]+=.)/gm, '');
  expect(Object.keys(readVariables(text)).length).toBeGreaterThan(15);
  expect(readSettings(readVariables(text)).unknownVariables).toEqual([]);
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

/** Names that look like variables of the environment and are read by tests, scripts or other programs. */
const ofOthers = [
  'API_AUDIENCE',
  'CHROMIUM_PATH',
  'ENDURANCE_ROUNDS',
  'FUZZ_RUNS',
  'REDIS_PATH',
  'REDIS_URL',
  'REQUIRE_DPOP',
  'OIDC_REDIRECT_URI',
  'AUTH_SECRET',
  'NEXTAUTH_SECRET',
  'NEXTAUTH_URL',
];

test('every variable that the prose names is read', () => {
  const named = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`([A-Z]{2,}_[A-Z_]+)[`=]/g)].map(
      ([, name = '']) => [page.path, name] as const,
    ),
  );
  const isOurs = (name: string): boolean => isRead(name) || name === 'NAME_FILE' || ofOthers.includes(name);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(([, name]) => !isOurs(name))).toEqual([]);
});

test('every setting in the prose is read without a mistake or a warning', () => {
  const settings = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`([A-Z]{2,}_[A-Z_]+=[^`\n]+)`/g)].map(([, line = '']) => line),
  );
  const ours = settings.filter((line) => !/ npx | pnpm |^REDIS_/.test(line));
  expect(ours.length).toBeGreaterThan(8);
  for (const line of ours)
    expect([line, readSettings(readVariables(line)).unknownVariables]).toEqual([line, []]);
});
