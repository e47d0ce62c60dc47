import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Address of the repository, for links to its files beside docs/; without it they lead nowhere. */
const repository = process.env.DOCS_REPOSITORY ?? '';

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

/** Lets a link to a file beside docs/ lead into the repository. */
const linkIntoRepository = (md) => {
  const render = md.renderer.rules.link_open;
  md.renderer.rules.link_open = (tokens, index, options, env, self) => {
    const link = tokens[index];
    const path = posix.join('docs', posix.dirname(env.relativePath), link.attrGet('href') ?? '');
    const isBeside = /^\.\.?\//.test(link.attrGet('href') ?? '') && !path.startsWith('docs/');
    if (isBeside && repository !== '') link.attrSet('href', `${repository}/blob/main/${path}`);
    return render(tokens, index, options, env, self);
  };
};

/** Code in a line is text: braces in it are not Vue's. */
const keepInlineCode = (md) => {
  const render = md.renderer.rules.code_inline;
  md.renderer.rules.code_inline = (...args) => render(...args).replace('<code', '<code v-pre');
};

const extend = (md) => {
  linkIntoRepository(md);
  keepInlineCode(md);
};

export default {
  title: 'Foyer',
  description: 'Sign-in for single-page apps',
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  cleanUrls: true,
  outDir: '../.docs',
  cacheDir: '../node_modules/.cache/vitepress',
  ignoreDeadLinks: [/^(\.\/)?(\.\.\/)+/, /\.(yml|json)$/, /^http:\/\/localhost/],
  markdown: { config: extend, languageAlias: { env: 'ini', caddyfile: 'nginx' } },
  themeConfig: { sidebar: readSidebar(), search: { provider: 'local' } },
};
