import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Node keeps compiled code for the next start, in a folder of this app that other users cannot write to. This file has no
// types: to take them out of one that is read before the cache is in use, Node would load its compiler at every start.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
// Only what is imported from here on is compiled with it.
const { run } = await import('./run.ts');
await run();
module.flushCompileCache();
// What speaks to the provider is loaded after the first answers.
setTimeout(module.flushCompileCache, 5000).unref();
