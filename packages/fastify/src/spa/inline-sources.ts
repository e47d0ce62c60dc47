import { createHash } from 'node:crypto';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { InlineSources } from '../browser-security/content-security-policy.ts';

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The text that stands directly in an element. */
export const textOf = ({ childNodes }: Element): string =>
  childNodes.map((child) => ('value' in child ? child.value : '')).join('');

/** An attribute's value; `undefined` without it. */
export const attributeOf = ({ attrs }: Element, name: string): string | undefined =>
  attrs.find((attribute) => attribute.name === name)?.value;

function* elementsBelow(node: Node): Generator<Element> {
  if ('tagName' in node) yield node;
  if ('content' in node) yield* elementsBelow(node.content);
  if ('childNodes' in node) for (const child of node.childNodes) yield* elementsBelow(child);
}

/** Every element of an HTML file as without scripting, those of templates and `<noscript>` included. */
export const elementsOf = (html: string): Generator<Element> =>
  elementsBelow(parse(html, { scriptingEnabled: false }));

/** What one document has inline, as hashes. */
interface Found {
  readonly scripts: Set<string>;
  readonly styles: Set<string>;
  readonly handlers: Set<string>;
  readonly styleAttributes: Set<string>;
}

const collect = (element: Element, found: Found): void => {
  const { tagName, attrs } = element;
  if (tagName === 'script' && attributeOf(element, 'src') === undefined)
    found.scripts.add(hashOf(textOf(element)));
  if (tagName === 'style') found.styles.add(hashOf(textOf(element)));
  for (const { name, value } of attrs) {
    if (name.startsWith('on')) found.handlers.add(hashOf(value));
    if (name === 'style') found.styleAttributes.add(hashOf(value));
  }
};

/** A hash matches an attribute only where the policy says so. @see CSP 3 section 8.4 */
const withAttributes = (elements: Set<string>, attributes: Set<string>): readonly string[] =>
  attributes.size === 0 ? [...elements] : [...new Set([...elements, "'unsafe-hashes'", ...attributes])];

/** Hashes of the inline scripts, styles, event handlers and style attributes that stand in an HTML file. */
export const readInlineSources = (html: string): InlineSources => {
  const found: Found = {
    scripts: new Set(),
    styles: new Set(),
    handlers: new Set(),
    styleAttributes: new Set(),
  };
  for (const element of elementsOf(html)) collect(element, found);
  return {
    scripts: withAttributes(found.scripts, found.handlers),
    styles: withAttributes(found.styles, found.styleAttributes),
  };
};
