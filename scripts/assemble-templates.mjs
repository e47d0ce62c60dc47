import { cpSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Copies the templates of `create-foyer` into its build; the React one is the starter of apps/web. */
export const assembleTemplates = () => {
  const to = `${root}packages/create-foyer/dist/templates`;
  const web = `${root}apps/web`;
  cpSync(`${root}packages/create-foyer/templates`, to, { recursive: true });
  const withoutBrand = (path) => basename(path) !== 'brand.ts';
  cpSync(`${web}/src`, `${to}/web/src`, { recursive: true, filter: withoutBrand });
  for (const name of ['public', 'index.html', 'vite.config.ts', 'precompress.ts', 'branding.ts'])
    cpSync(`${web}/${name}`, `${to}/web/${name}`, { recursive: true });
  cpSync(`${web}/branding.ts`, `${to}/page/branding.ts`);
  cpSync(`${web}/public/favicon.svg`, `${to}/page/public/favicon.svg`);
};
