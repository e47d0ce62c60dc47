import type { Plugin } from 'vite';
import { brand } from './src/brand.ts';

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Writes name, title and colour of `src/brand.ts` into index.html, where the first paint needs them. */
export const branding = (): Plugin => ({
  name: 'branding',
  transformIndexHtml: (html) =>
    html
      .replaceAll('%name%', escapeHtml(brand.name))
      .replaceAll('%title%', escapeHtml(brand.title))
      .replace('</head>', `<style>:root{--brand:${brand.accentColor}}</style></head>`),
});
