import { globSync, readFileSync } from 'node:fs';
import { problems } from '@foyer/contract';
import { expect, test } from 'vitest';
import { root } from '../kit/pages.ts';

const page = readFileSync(`${root}docs/troubleshooting.md`, 'utf8');
const entries = page.split(/^### /m).slice(1);

/** What the browser or the provider says, not we. */
const ofOthers = [
  /^npx canceled due to missing packages and no YES option$/,
  /^invalid redirect_uri$|^redirect_uri_mismatch$|^AADSTS50011$/,
  /^violates the following Content Security Policy directive$/,
  /^Unsupported URL Type "catalog:"$/,
  /^Request Header Fields Too Large$/,
];

test('each message of ours that a heading quotes is in the code', () => {
  const paths = globSync('{apps,packages}/*/src/**/*.{ts,mjs}', { cwd: root });
  const files = [...paths, 'scripts/test.mjs'].map((path) => readFileSync(root + path, 'utf8'));
  const said = [...files, ...Object.values(problems).map(({ title }) => title)].join('\n');
  const quotes = entries.flatMap((entry) => {
    const [heading = ''] = entry.split('\n', 1);
    return [...heading.matchAll(/“…?([^”]+)”/g)].map(([, quote = '']) => quote);
  });
  const ours = quotes.filter((quote) => !ofOthers.some((shape) => shape.test(quote)));
  const pattern = (quote: string): RegExp =>
    new RegExp(quote.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('3000', '.{1,20}'));
  expect(ours.length).toBeGreaterThan(10);
  expect(ours.filter((quote) => !pattern(quote).test(said))).toEqual([]);
});
