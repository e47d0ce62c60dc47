import { defineConfig } from 'vite';
import { branding } from './branding.ts';

export default defineConfig({ plugins: [branding()] });
