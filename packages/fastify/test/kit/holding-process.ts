import Fastify from 'fastify';
import { openSessionStore } from '../../src/index.ts';
import { takeRefreshLease } from '../../src/tokens/refresh-lease.ts';

// Another process on one store: takes the lease of a session, says so, and holds it until it is killed.
const [url = '', id = ''] = process.argv.slice(2);
const lease = await takeRefreshLease({ store: await openSessionStore(url), log: Fastify().log }, id);
process.on('disconnect', () => process.exit());
process.send?.(lease === undefined ? 'refused' : 'held');
