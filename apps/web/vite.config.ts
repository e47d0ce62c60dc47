import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Bytes of gzip that the first page may cost in JavaScript. */
const budget = 85_000;

/** Writes brotli and gzip beside every text file, so that nothing is compressed at request time. */
const precompress = (): Plugin => {
  let directory = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: ({ root, build }) => {
      directory = resolve(root, build.outDir);
    },
    closeBundle: () => {
      let script = 0;
      for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg|json|txt)$/.test(name)) continue;
        const file = join(directory, name);
        const content = readFileSync(file);
        const gzipped = gzipSync(content, { level: 9 });
        writeFileSync(`${file}.gz`, gzipped);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        if (name.endsWith('.js')) script += gzipped.length;
      }
      if (script > budget)
        throw new Error(`The JavaScript weighs ${script} bytes gzipped; the budget is ${budget}`);
    },
  };
};

export default defineConfig({
  plugins: [react(), precompress()],
  server: { host: '127.0.0.1' },
});
