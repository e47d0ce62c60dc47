import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/** Bytes of gzip that the first page may cost in JavaScript, whichever page it is. */
const budget = 80_000;

/** The entry and whatever it imports before it runs; what a view loads when it is opened is not among them. */
const initialScripts = (bundle: Rolldown.OutputBundle): ReadonlySet<string> => {
  const found = new Set<string>();
  const add = (name: string): void => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || found.has(name)) return;
    found.add(name);
    for (const imported of chunk.imports) add(imported);
  };
  for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk' && chunk.isEntry) add(chunk.fileName);
  return found;
};

/** Writes brotli and gzip beside every text file, so that nothing is compressed at request time. */
export const precompress = (): Plugin => {
  let directory = '';
  let initial: ReadonlySet<string> = new Set();
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: ({ root, build }) => {
      directory = resolve(root, build.outDir);
    },
    generateBundle: (_options, bundle) => {
      initial = initialScripts(bundle);
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
        if (initial.has(name)) script += gzipped.length;
      }
      console.log(`Initial JavaScript: ${script} of ${budget} bytes of gzip`);
      if (script === 0) throw new Error('No initial JavaScript was found: the budget holds nothing');
      if (script > budget)
        throw new Error(`The initial JavaScript weighs ${script} bytes gzipped; the budget is ${budget}`);
    },
  };
};
