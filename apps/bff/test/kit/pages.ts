import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** One page that people read. */
export interface Page {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  /** Where a failure is looked for: path and line. */
  readonly place: string;
  /** What stands behind the fence; empty for a picture in characters. */
  readonly language: string;
  readonly code: string;
}

const patterns = ['*.md', 'llms.txt', 'docs/**/*.md', 'packages/*/README.md', '.github/**/*.md'];

/** Every page of the repository. */
export const pages: readonly Page[] = globSync(patterns, { cwd: root })
  .sort()
  .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));

const fence = /^( *)```([\w-]*)\n([\s\S]*?)^\1```$/gm;

const dedent = (code: string, indent: string): string => code.replaceAll(new RegExp(`^${indent}`, 'gm'), '');

const readBlocks = ({ path, text }: Page): readonly Block[] =>
  [...text.matchAll(fence)].map(({ index, 1: indent = '', 2: language = '', 3: code = '' }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    language,
    code: dedent(code, indent),
  }));

/** Every fenced block of every page. */
export const blocks: readonly Block[] = pages.flatMap(readBlocks);

/** The blocks of these languages. */
export const blocksIn = (...languages: readonly string[]): readonly Block[] =>
  blocks.filter(({ language }) => languages.includes(language));

/** A page without its fenced blocks: prose, tables and links. */
export const proseOf = ({ text }: Page): string => text.replaceAll(fence, '');
