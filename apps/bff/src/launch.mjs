import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

/** Milliseconds until what speaks to the provider is loaded too. */
const settling = 2000;

// Plain JavaScript, because an older Node cannot read what comes after it.
const programs = ['main', 'doctor'];
const program = process.argv[2] ?? 'main';

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Foyer needs Node 24 or newer; this is ${process.versions.node}. Run it through pnpm, which brings its own: npx pnpm start.`,
  );
  process.exitCode = 1;
} else if (!programs.includes(program)) {
  console.error(`Unknown program. Use one of: ${programs.join(', ')}.`);
  process.exitCode = 1;
} else {
  if (existsSync('.env')) process.loadEnvFile('.env');
  // Compiled code, types stripped, is kept for the next start: beside the packages, where nobody else can write.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache', import.meta.url)));
  await import(`./${program}.ts`);
  module.flushCompileCache();
  setTimeout(module.flushCompileCache, settling).unref();
}
