import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { branding } from './branding.ts';
import { precompress } from './precompress.ts';

export default defineConfig({
  plugins: [react(), branding(), precompress()],
  server: { host: '127.0.0.1' },
});
