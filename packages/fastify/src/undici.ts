import { createRequire } from 'node:module';
import type undici from 'undici';

const require = createRequire(import.meta.url);

// The entry of undici loads its fetch, caches, mocks and WebSockets too, eight of ten modules and 6 MB, and puts an
// agent of its own under Node's fetch.

/** Connections to any number of origins. */
export const Agent: typeof undici.Agent = require('undici/lib/dispatcher/agent.js');

/** Connections to one origin. */
export const Pool: typeof undici.Pool = require('undici/lib/dispatcher/pool.js');
