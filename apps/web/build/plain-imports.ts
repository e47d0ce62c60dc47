import type { Plugin } from 'vite';

/**
 * Leaves `import()` as it is. Vite wraps it to load styles and dependencies of a view beside it; every view here has the
 * one style and nothing but the initial script: 0.7 kB of gzip less.
 */
export const plainImports = (): Plugin => ({
  name: 'plain-imports',
  apply: 'build',
  enforce: 'post',
  transform: {
    filter: { id: /vite\/preload-helper/ },
    handler: () => ({ code: 'export const __vitePreload = (load) => load();', map: null }),
  },
});
