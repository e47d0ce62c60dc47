import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { type Page, pages, proseOf, root } from '../kit/pages.ts';

/** A heading's anchor, as GitHub makes it. */
const slugOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const anchorsOf = (page: Page | undefined): readonly string[] => {
  const headings = [...(page === undefined ? '' : proseOf(page)).matchAll(/^#{1,6} (.+)$/gm)];
  const slugs = headings.map(([, heading = '']) => slugOf(heading));
  return slugs.map((slug, at) => {
    const earlier = slugs.slice(0, at).filter((other) => other === slug).length;
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
};

const withoutCode = (prose: string): string => prose.replaceAll(/`[^`\n]*`/g, '');

const targetsIn = (page: Page): readonly string[] => {
  const prose = withoutCode(proseOf(page));
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/<(https?:[^>\s]+)>/g)];
  return links.map(([, target = '']) => target);
};

const isOutside = (target: string): boolean => /^[a-z]+:/.test(target);

const problemOf = ({ path }: Page, target: string): string | undefined => {
  const [file = '', anchor] = decodeURI(target).split('#');
  const place = file === '' ? path : posix.join(posix.dirname(path), file);
  if (!existsSync(root + place)) return `${path}: ${target} leads nowhere`;
  if (anchor === undefined) return undefined;
  const anchors = anchorsOf(pages.find((other) => other.path === place));
  return anchors.includes(anchor) ? undefined : `${path}: ${target} names no heading`;
};

const pairs = pages.flatMap((page) => targetsIn(page).map((target) => ({ page, target })));

test('every link between the pages leads to a file, and every anchor to a heading', () => {
  const local = pairs.filter(({ target }) => !isOutside(target));
  expect(local.length).toBeGreaterThan(20);
  expect(local.map(({ page, target }) => problemOf(page, target)).filter(Boolean)).toEqual([]);
});

test('every outside address is well-formed, and https unless it is of this machine', () => {
  const outside = pairs.filter(({ target }) => isOutside(target));
  const isSound = (target: string): boolean =>
    URL.canParse(target) &&
    (target.startsWith('https://') || /^http:\/\/localhost(:\d+)?(\/|$)/.test(target));
  expect(outside.filter(({ target }) => !isSound(target))).toEqual([]);
});

test('every page of docs/ can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const path of reached) {
    const page = pages.find((other) => other.path === path);
    for (const target of page === undefined ? [] : targetsIn(page)) {
      const [file = ''] = target.split('#');
      if (!isOutside(target) && file !== '') reached.add(posix.join(posix.dirname(path), file));
    }
  }
  // GitHub lists a folder at a link to it.
  const isReached = (path: string): boolean => reached.has(path) || reached.has(posix.dirname(path));
  const docs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
  expect(docs.filter((path) => !isReached(path))).toEqual([]);
});

test('llms.txt leads to every page of docs/, or to the page or folder that lists it', () => {
  const map = pages.find(({ path }) => path === 'llms.txt');
  const targets = map === undefined ? [] : targetsIn(map);
  const isListed = (path: string): boolean =>
    [path, posix.dirname(path), posix.join(posix.dirname(path), 'README.md')].some(
      (place) => place !== 'docs' && place !== 'docs/README.md' && targets.includes(place),
    );
  const docs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
  expect(docs.filter((path) => path !== 'docs/README.md' && !isListed(path))).toEqual([]);
});

const folders = /^(?:apps|bench|docs|packages|scripts|tools)\/[\w./-]+$/;
const rooms =
  /^(?:browser-security|logging|login|options|pages|provider|proxy|routes|server|session|spa|stores|tokens)\/[\w./-]*$/;

/** A superseded decision stays as it was written: the files that it names may be gone. */
const current = pages.filter(({ text }) => !/^Superseded by /m.test(text));

test('every file and folder that the prose names is there', () => {
  const named = current.flatMap((page) =>
    [...proseOf(page).matchAll(/`([^`\n]+)`/g)].flatMap(([, name = '']) => {
      if (folders.test(name)) return [`${page.path}: ${name}`];
      return page.path.startsWith('docs/') && rooms.test(name)
        ? [`${page.path}: packages/fastify/src/${name}`]
        : [];
    }),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((each) => !existsSync(root + (each.split(': ')[1] ?? '')))).toEqual([]);
});
