import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResolvedOptions } from '../options.ts';
import { attributeOf, elementsOf, textOf } from './inline-sources.ts';

const isAppName = (name: string): boolean => /^[^\p{Cc}]{1,60}$/u.test(name);

/** The name in an HTML file: its `application-name`, else its title. @see HTML section 4.2.5.1 */
const findAppName = (html: string): string | undefined => {
  const elements = [...elementsOf(html)];
  const meta = elements.find((each) => attributeOf(each, 'name')?.toLowerCase() === 'application-name');
  // A drawing has titles too.
  const title = elements.find(
    ({ tagName, namespaceURI }) => tagName === 'title' && /html/.test(namespaceURI),
  );
  const given = [meta && attributeOf(meta, 'content'), title && textOf(title)];
  return given.map((name = '') => name.replace(/\s+/g, ' ').trim()).find(isAppName);
};

/** The name that a built SPA gives itself; `undefined` for a dev server, and for a name that does not fit a card. */
export const readAppName = async (spa: ResolvedOptions['spa']): Promise<string | undefined> => {
  if (spa === undefined || 'devServer' in spa) return undefined;
  // A build without a page is reported by the one that serves it.
  const html = await readFile(join(spa.dir, 'index.html'), 'utf8').catch(() => '');
  return findAppName(html);
};
