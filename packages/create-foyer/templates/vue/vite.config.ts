import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { branding } from './branding.ts';

export default defineConfig({ plugins: [vue(), branding()] });
