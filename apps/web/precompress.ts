import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Writes brotli and gzip beside every text file of the build, so that nothing is compressed at request time. */
export const precompress = (): Plugin => {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: async () => {
      const names = await readdir(folder, { recursive: true });
      for (const name of names.filter((each) => /\.(html|js|css|svg|json|txt)$/.test(each))) {
        const file = join(folder, name);
        const content = await readFile(file);
        await writeFile(`${file}.gz`, await toGzip(content, { level: 9 }));
        await writeFile(`${file}.br`, await toBrotli(content));
      }
    },
  };
};
