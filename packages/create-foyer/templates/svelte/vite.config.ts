import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { branding } from './branding.ts';

export default defineConfig({ plugins: [svelte(), branding()] });
