import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Node keeps compiled code for the next start, in a folder of this app that other users cannot write to. The image has a
// folder of its own (NODE_COMPILE_CACHE), which holds this file too: imported, it starts nothing.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
if (import.meta.main) {
  // Only what is imported from here on is compiled with the cache.
  const { run } = await import('./run.ts');
  await run();
  module.flushCompileCache();
  // The code that speaks to the provider is loaded after the first answers.
  setTimeout(module.flushCompileCache, 5000).unref();
}
