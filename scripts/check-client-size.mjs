import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'vite';

/** The maximum size of @foyer/client with its contract, minified and compressed with brotli. */
const maxBytes = 3500;

/** Bundles the built client and checks its compressed size. @throws Error when it is above the maximum. */
export const checkClientSize = async () => {
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
  const bytes = brotliCompressSync(output[0].code).length;
  if (bytes > maxBytes)
    throw new Error(
      `@foyer/client has ${bytes} bytes after brotli; at most ${maxBytes} are allowed. Make it smaller.`,
    );
  console.log(`@foyer/client: ${bytes} of at most ${maxBytes} bytes after brotli`);
};
