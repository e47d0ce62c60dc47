import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import type { RunningProduct } from './start-product.ts';

const docs = resolve(import.meta.dirname, '../../../docs');

/** The fenced blocks of one language in the pages about a SPA of one's own. */
const blocksOf = async (language: string): Promise<readonly string[]> => {
  const pages = ['own-spa.md', 'your-apis.md', 'recipes.md', 'getting-started.md'];
  const texts = await Promise.all(pages.map((page) => readFile(join(docs, page), 'utf8')));
  return [...texts.join('\n').matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
};

/** Writes a page into `documented/` of a build: it holds every block of HTML and script of those pages as it stands. */
export const writeDocumentedPage = async (build: string): Promise<void> => {
  const folder = join(build, 'documented');
  const [elements, scripts] = await Promise.all([blocksOf('html'), blocksOf('js')]);
  expect(elements.length).toBeGreaterThan(2);
  expect(scripts.length).toBeGreaterThan(6);
  await mkdir(folder);
  const names = scripts.map((_code, index) => `${index}.js`);
  await Promise.all(
    scripts.map((code, index) =>
      writeFile(join(folder, `${index}.js`), code.replaceAll('/api/users', '/api/things')),
    ),
  );
  const tags = names.map((name) => `<script type="module" src="/documented/${name}"></script>`);
  const head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>As documented</title>';
  await writeFile(join(folder, 'index.html'), [head, ...elements, ...tags].join('\n'));
};

/** Opens it: its own script leads to the sign-in and back, then every script runs, and the form signs out. */
export const tourDocumentedPage = async (chromium: Browser, { url }: RunningProduct): Promise<void> => {
  const page = await (await chromium.newContext()).newPage();
  await page.goto(`${url}/documented/`);
  await page.getByRole('button', { name: 'Ada Lovelace' }).click();
  await page.waitForURL(`${url}/documented/#`);
  const complaints: string[] = [];
  const said: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => said.push(message.text()));
  // The page before may still be talking.
  page.on('framenavigated', () => said.splice(0));
  await page.reload();
  await expect.poll(() => page.title()).toBe('30 minutes left');
  await expect.poll(() => said.filter((text) => text.startsWith('Ada Lovelace')).length).toBe(2);
  await expect.poll(() => said.some((text) => /^Chrom\w+ Linux true /.test(text))).toBe(true);
  expect(complaints).toEqual([]);
  await page.getByRole('button', { name: 'Sign out at once' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('no one').waitFor();
  await page.context().close();
};
