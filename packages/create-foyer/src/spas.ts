/** What a kind of SPA brings to the product. */
interface SpaKind {
  /** Template folders, in the order in which they are copied. */
  readonly templates: readonly string[];
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

const small = ['server', 'page'];

/** The kinds of SPA that a product can have, by the name of the option `--spa`. */
export const spas = {
  react: {
    templates: ['server', 'web', 'react'],
    dependencies: ['@foyer/client', '@foyer/contract', 'react', 'react-dom', 'react-router-dom'],
    devDependencies: ['@types/react', '@types/react-dom', '@vitejs/plugin-react'],
  },
  vue: {
    templates: [...small, 'vue'],
    dependencies: ['@foyer/client', 'vue'],
    devDependencies: ['@vitejs/plugin-vue'],
  },
  svelte: {
    templates: [...small, 'svelte'],
    dependencies: ['@foyer/client', 'svelte'],
    devDependencies: ['@sveltejs/vite-plugin-svelte'],
  },
  html: { templates: [...small, 'html'], dependencies: [], devDependencies: [] },
  none: { templates: ['server', 'none'], dependencies: [], devDependencies: [] },
} as const satisfies Readonly<Record<string, SpaKind>>;

/** The name of a kind of SPA. */
export type Spa = keyof typeof spas;
