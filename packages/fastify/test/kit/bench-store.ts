import { findRedis } from '@foyer/testkit';
import {
  measureRedis,
  measureRedisCosts,
  measureSqlite,
  obtainSession,
  type StoreReport,
} from './store-size.ts';

// pnpm bench:store [sessions]: what sessions weigh and cost in a store, and what they leave behind.
const sessions = Number(process.argv[2] ?? 100_000);
const session = await obtainSession();
console.log(`a record of ${session.sealed.length} bytes, sealed, from a login through the embedded provider`);

const tell = (name: string, { before, full, after }: StoreReport): void => {
  const each = Math.round((full - before) / sessions);
  const mebibytes = [before, full, after].map((bytes) => (bytes / 1024 ** 2).toFixed(1));
  console.log(
    `${name}: ${sessions} sessions, ${each} bytes each; MiB before, full, expired: ${mebibytes.join(', ')}`,
  );
};

tell('sqlite', await measureSqlite(session, sessions));
if (findRedis() !== undefined) {
  tell('redis', await measureRedis(session, sessions));
  const compact = ['--hash-max-listpack-value', '8192'];
  tell(`redis ${compact.join(' ')}`, await measureRedis(session, sessions, compact));
  for (const [operation, microseconds] of Object.entries(await measureRedisCosts(session, 20_000)))
    console.log(`redis, ${operation}: ${microseconds.toFixed(1)} microseconds of its processor`);
}
