import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { plainImports } from './build/plain-imports.ts';
import { precompress } from './build/precompress.ts';
import { shakeRouter } from './build/shake-router.ts';

export default defineConfig(({ command }) => ({
  plugins: [shakeRouter(), plainImports(), react(), precompress()],
  // Nobody attaches React's developer tools to the built app: 0.4 kB of gzip less.
  define: command === 'build' ? { __REACT_DEVTOOLS_GLOBAL_HOOK__: 'undefined' } : {},
  server: { host: '127.0.0.1' },
  build: {
    modulePreload: { polyfill: false },
    // Reading a member does nothing, and no library here does anything by being imported: 2 kB of gzip less.
    rolldownOptions: {
      // One file: two would be packed apart and asked for apart.
      output: { codeSplitting: { groups: [{ name: 'index', tags: ['$initial'] }] } },
      treeshake: { propertyReadSideEffects: false, moduleSideEffects: (id) => !id.includes('node_modules') },
    },
  },
}));
