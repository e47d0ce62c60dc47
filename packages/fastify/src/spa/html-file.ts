import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { InlineSources } from '../browser-security/content-security-policy.ts';
import type { ResolvedOptions } from '../options.ts';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

function* elementsBelow(node: Node): Generator<Element> {
  if ('tagName' in node) yield node;
  if ('content' in node) yield* elementsBelow(node.content);
  if ('childNodes' in node) for (const child of node.childNodes) yield* elementsBelow(child);
}

/** Every element of an HTML file as without scripting, those of templates and `<noscript>` included. */
const elementsOf = (html: string): readonly Element[] => [
  ...elementsBelow(parse(html, { scriptingEnabled: false })),
];

/** The text that stands directly in an element. */
const textOf = ({ childNodes }: Element): string =>
  childNodes.map((child) => ('value' in child ? child.value : '')).join('');

const attributeOf = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((attribute) => attribute.name === name)?.value;

const hashesOf = (texts: readonly string[]): readonly string[] =>
  texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);

/** A hash matches an attribute only where the policy says so. @see CSP 3 section 8.4 */
const toSources = (elements: readonly Element[], attributes: readonly string[]): readonly string[] => {
  const unsafe = attributes.length === 0 ? [] : ["'unsafe-hashes'", ...hashesOf(attributes)];
  return [...new Set([...hashesOf(elements.map(textOf)), ...unsafe])];
};

/** Hashes of the inline scripts, styles, event handlers and style attributes that stand in an HTML file. */
export const readInlineSources = (html: string): InlineSources => {
  const elements = elementsOf(html);
  const isScript = (each: Element): boolean =>
    each.tagName === 'script' && attributeOf(each, 'src') === undefined;
  const valuesOf = (accept: (name: string) => boolean): readonly string[] =>
    elements.flatMap(({ attrs }) => attrs.filter(({ name }) => accept(name)).map(({ value }) => value));
  return {
    scripts: toSources(
      elements.filter(isScript),
      valuesOf((name) => name.startsWith('on')),
    ),
    styles: toSources(
      elements.filter(({ tagName }) => tagName === 'style'),
      valuesOf((name) => name === 'style'),
    ),
  };
};

const isAppName = (name: string): boolean => /^[^\p{Cc}]{1,60}$/u.test(name);

/** The name in an HTML file: its `application-name`, else its title. @see HTML section 4.2.5.1 */
const findAppName = (html: string): string | undefined => {
  const elements = elementsOf(html);
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
  return findAppName(await readFile(join(spa.dir, 'index.html'), 'utf8').catch(() => ''));
};
