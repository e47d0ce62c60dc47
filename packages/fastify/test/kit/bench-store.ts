import { findRedis } from '@foyer/testkit';
import {
  measureMemory,
  measureRedis,
  measureRedisCosts,
  measureSqlite,
  obtainSession,
  type StoreReport,
} from './store-size.ts';

// pnpm bench:store [sessions] [--json]: what sessions weigh and cost in a store, and what they leave behind.
const sessions = Number(process.argv[2] ?? 100_000);
const isJson = process.argv.includes('--json');
const session = await obtainSession();
const hasRedis = findRedis() !== undefined;

const stores: readonly (readonly [store: string, measure: () => Promise<StoreReport>])[] = [
  ['memory', () => measureMemory(session, sessions)],
  ['sqlite', () => measureSqlite(session, sessions)],
  ['redis', () => measureRedis(session, sessions)],
];

const print = (store: string, { before, full, after, grown }: StoreReport): void => {
  const [each, inProcess] = [full - before, grown].map((bytes) => Math.round(bytes / sessions));
  const mebibytes = [before, full, after].map((bytes) => (bytes / 1024 ** 2).toFixed(1));
  console.log(
    `${store}: ${sessions} sessions, ${each} bytes each, ${inProcess} in the process; MiB before, full, expired: ${mebibytes.join(', ')}`,
  );
};

if (!isJson) {
  const { length } = session.sealed;
  console.log(`a record of ${length} bytes, sealed, from a login through the embedded provider`);
  console.log(`${session.tokens} of them are the tokens, as JSON`);
}
const found: object[] = [];
for (const [store, measure] of stores.filter(([store]) => hasRedis || store !== 'redis')) {
  const report = await measure();
  if (!isJson) print(store, report);
  const { tokens } = session;
  const [stored, grown] = [report.full - report.before, report.grown].map((bytes) => bytes / sessions);
  found.push({ store, sessions, tokens, stored, process: grown });
}
if (isJson) console.log(JSON.stringify(found));
else if (hasRedis) {
  for (const [operation, microseconds] of Object.entries(await measureRedisCosts(session, 20_000)))
    console.log(`redis, ${operation}: ${microseconds.toFixed(1)} microseconds of its processor`);
}
