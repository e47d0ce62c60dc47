import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Address of the repository, for links to its files beside docs/. */
const repository = process.env.DOCS_REPOSITORY ?? 'https://repository.example';

/** The tables of docs/README.md as the side bar, so that repository and site have one list. */
const readSidebar = () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^\| (to [a-z ]+) \| \|\n([\s\S]*?)(?=\n\n|$(?![\s\S]))/gm)].map(
    ([, group, rows]) => ({
      text: group,
      items: [...rows.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, label, link]) => ({
        text: label,
        link: `/${link.replace(/(README)?\.md$/, '')}`,
      })),
    }),
  );
};

/** Whether a link leads to a file that is no page of the site: beside docs/, or an example of a configuration. */
const isFile = (href, path) =>
  /^\.{0,2}\/?[\w.-]/.test(href) && !/^[a-z]+:/.test(href) && !/^docs\/.*\.(md|png)$/.test(path);

/** Leads links to files into the repository, and those to a README to the page that it has become. */
const adaptLinks = (md) => {
  md.core.ruler.push('foyer-links', ({ tokens, env }) => {
    for (const link of tokens
      .flatMap(({ children }) => children ?? [])
      .filter(({ type }) => type === 'link_open')) {
      const href = link.attrGet('href') ?? '';
      const [target] = href.split('#');
      const path = posix.join('docs', posix.dirname(env.relativePath), target);
      if (target !== '' && isFile(href, path)) link.attrSet('href', `${repository}/blob/main/${path}`);
      else link.attrSet('href', href.replace(/README\.md(?=#|$)/, 'index.md'));
    }
  });
};

/** A heading's anchor, as GitHub makes it, so that links to headings work in both places. */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

/** Code in a line is text: braces in it are not Vue's. */
const keepInlineCode = (md) => {
  const render = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (...args) => render(...args).replace('<code', '<code v-pre');
};

const extend = (md) => {
  adaptLinks(md);
  keepInlineCode(md);
};

export default {
  title: 'Foyer',
  description: 'Sign-in for single-page apps',
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  cleanUrls: true,
  outDir: '../.docs',
  cacheDir: '../node_modules/.cache/vitepress',
  ignoreDeadLinks: [/^http:\/\/localhost/],
  markdown: { config: extend, anchor: { slugify }, languageAlias: { env: 'ini', caddyfile: 'nginx' } },
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: { sidebar: readSidebar(), search: { provider: 'local' } },
};
