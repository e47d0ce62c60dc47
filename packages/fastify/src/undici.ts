// The entry of undici loads its fetch, caches, mocks and WebSockets too, eight of ten modules and 6 MB, and puts an
// agent of its own under Node's fetch.
import type undici from 'undici';
// @ts-expect-error undici has types for its entry alone.
import UntypedAgent from 'undici/lib/dispatcher/agent.js';
// @ts-expect-error undici has types for its entry alone.
import UntypedPool from 'undici/lib/dispatcher/pool.js';

/** Connections to any number of origins. */
export const Agent: typeof undici.Agent = UntypedAgent;

/** Connections to one origin. */
export const Pool: typeof undici.Pool = UntypedPool;
