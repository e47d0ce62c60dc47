import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** One page that people read. */
export interface Paper {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a paper. */
export interface Block {
  /** Where a failure is looked for: path and line. */
  readonly place: string;
  /** What stands behind the fence; empty for a picture in characters. */
  readonly language: string;
  readonly code: string;
}

const patterns = ['*.md', 'llms.txt', 'docs/**/*.md', 'packages/*/README.md', '.github/**/*.md'];

/** Every page of the repository. */
export const papers: readonly Paper[] = globSync(patterns, { cwd: root })
  .sort()
  .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));

const fence = /^( *)```([\w-]*)\n([\s\S]*?)^\1```$/gm;

const dedent = (code: string, indent: string): string => code.replaceAll(new RegExp(`^${indent}`, 'gm'), '');

const readBlocks = ({ path, text }: Paper): readonly Block[] =>
  [...text.matchAll(fence)].map(({ index, 1: indent = '', 2: language = '', 3: code = '' }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    language,
    code: dedent(code, indent),
  }));

/** Every fenced block of every paper. */
export const blocks: readonly Block[] = papers.flatMap(readBlocks);

/** The blocks of these languages. */
export const blocksIn = (...languages: readonly string[]): readonly Block[] =>
  blocks.filter(({ language }) => languages.includes(language));

/** A paper without its fenced blocks: prose, tables and links. */
export const proseOf = ({ text }: Paper): string => text.replaceAll(fence, '');
