import { defineConfig, type Plugin } from 'vite';

/** V8 keeps a source with one character beyond Latin-1 at two bytes for each: such characters are escaped. */
const escapeBeyondAscii = (): Plugin => ({
  name: 'escape-beyond-ascii',
  generateBundle: (_options, output) => {
    for (const chunk of Object.values(output))
      if (chunk.type === 'chunk')
        chunk.code = chunk.code.replace(
          /[^\0-\x7f]/g,
          (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
  },
});

/** What Fastify loads for an application that asks for it, and this server never does: a third of the code. */
const neverAskedFor = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', 'light-my-request'];

/** A start reads a few files instead of five hundred. What only some servers use is apart, as in the source. */
export default defineConfig({
  plugins: [escapeBeyondAscii()],
  // sodium-native is no JavaScript.
  ssr: { noExternal: true, external: ['sodium-native', ...neverAskedFor] },
  build: {
    ssr: true,
    target: 'node24',
    rolldownOptions: {
      // All but the first do nothing by being imported, so that they can be compiled ahead.
      input: ['src/main.ts', 'src/server.ts', 'src/environment.ts'],
      output: {
        comments: false,
        // Names stay, so that a stack trace can be read.
        minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
        entryFileNames: '[name].mjs',
        chunkFileNames: '[name]-[hash].mjs',
      },
    },
  },
});
