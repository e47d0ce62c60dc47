import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildApp } from './build-app.ts';

const budgetBytes = 95_000;

/** The scripts that a browser needs for the first page, whichever page it is. */
const initialScripts = (html: string): readonly string[] =>
  [...html.matchAll(/<(?:script|link rel="modulepreload")[^>]* (?:src|href)="(\/[^"]+\.js)"/g)].map(
    ([, path = '']) => path,
  );

test('the starter’s initial JavaScript weighs at most 95 kB of gzip', async () => {
  await using built = await buildApp({ files: {}, withStarter: true });
  const scripts = initialScripts(await readFile(join(built.dir, 'index.html'), 'utf8'));
  const sizes = scripts.map(
    async (path) => gzipSync(await readFile(join(built.dir, path)), { level: 9 }).length,
  );
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  console.log(`Initial JavaScript: ${bytes} of ${budgetBytes} bytes of gzip`);
  expect(scripts.length).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(budgetBytes);
});
