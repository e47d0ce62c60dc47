import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'vite';

/** Bytes of brotli that @foyer/client may cost a page, minified, the contract included. */
const budget = 3000;

/** Weighs the built client as a bundler gives it to a browser. @throws Error when it is over the budget. */
export const weighClient = async () => {
  const root = fileURLToPath(new URL('../packages/client', import.meta.url));
  const [{ output }] = await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      write: false,
      lib: { entry: 'dist/index.js', formats: ['es'], fileName: 'client' },
      rolldownOptions: { output: { minify: true } },
    },
  });
  const weight = brotliCompressSync(output[0].code).length;
  if (weight > budget)
    throw new Error(`@foyer/client weighs ${weight} bytes of brotli; the budget is ${budget}`);
  console.log(`@foyer/client: ${weight} of ${budget} bytes of brotli`);
};
