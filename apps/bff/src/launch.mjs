import { existsSync, readdirSync, statSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Milliseconds until what speaks to the provider is loaded too. */
const settling = 2000;

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What a built server is made of. */
const folders = ['.', '../../../packages/contract/src', '../../../packages/fastify/src'];
const files = ['../vite.config.ts', '../../../pnpm-lock.yaml'];

const isNewerThan = (time) => (path) => statSync(path).mtimeMs > time;

/** The server as `pnpm build` has made it, unless something that it is made of is newer; else its source. */
const findServer = () => {
  const built = fromHere('../dist/main.mjs');
  if (!existsSync(built)) return './main.ts';
  const { mtimeMs } = statSync(built);
  const sources = folders.map(fromHere).flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`),
  );
  if (![...sources, ...files.map(fromHere)].some(isNewerThan(mtimeMs))) return '../dist/main.mjs';
  console.error('The built server is older than its source, which is run instead. Build it: npx pnpm build.');
  return './main.ts';
};

// Plain JavaScript, because an older Node cannot read what comes after it.
const programs = new Map([
  ['main', findServer],
  ['doctor', () => './doctor.ts'],
]);
const find = programs.get(process.argv[2] ?? 'main');

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Foyer needs Node 24 or newer; this is ${process.versions.node}. Run it through pnpm, which brings its own: npx pnpm start.`,
  );
  process.exitCode = 1;
} else if (find === undefined) {
  console.error(`Unknown program. Use one of: ${[...programs.keys()].join(', ')}.`);
  process.exitCode = 1;
} else {
  if (existsSync('.env')) process.loadEnvFile('.env');
  // Compiled code, types stripped, is kept for the next start: beside the packages, where nobody else can write.
  module.enableCompileCache(fromHere('../node_modules/.cache'));
  await import(find());
  module.flushCompileCache();
  setTimeout(module.flushCompileCache, settling).unref();
}
