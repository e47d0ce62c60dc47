import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { startRedis } from './redis.ts';
import { createSection, type Measured, type Section, writeReport } from './report.ts';
import { type Contender, type Pace, runSittings } from './rounds.ts';
import { measureStreams } from './works/event-streams.ts';
import { enterFiles } from './works/files.ts';
import { enterLightLoad } from './works/light-load.ts';
import { enterLogin, enterOtherLogins } from './works/login.ts';
import { enterProxying } from './works/proxying.ts';
import { measureSessions } from './works/session-size.ts';
import { measureStanding } from './works/standing.ts';
import { enterWhoIsSignedIn } from './works/who-is-signed-in.ts';

const isQuick = process.argv.includes('--quick');
const pace: Pace = isQuick
  ? { sittings: 1, rounds: 12, slice: 150, warmUp: 25_000 }
  : { sittings: 3, rounds: 16, slice: 250, warmUp: 60_000 };
/** The 99th percentile needs many answers. */
const long = isQuick ? { ...pace, rounds: 3, slice: 1600 } : { ...pace, rounds: 8, slice: 2000 };
/** For these the cost differs from start to start of a process, so that many starts are measured. */
const often = isQuick ? pace : { ...pace, sittings: 2 * pace.sittings };
/** A login is many steps, each of which runs seldom: it takes some 10,000 until they are compiled, and few fit a slice. */
const warmed = isQuick
  ? { ...pace, rounds: 10, slice: 300, warmUp: 2000 }
  : { ...often, rounds: 12, slice: 500, warmUp: 10_000 };
/** Peers differ by so much that less will do. */
const ofPeers = isQuick ? { ...warmed, warmUp: 500 } : { ...pace, rounds: 6, slice: 1000, warmUp: 2000 };
/** A stream is opened in each slice, which a short one would mostly measure. */
const opening = isQuick ? { ...pace, rounds: 5 } : { ...pace, rounds: 4, slice: 1000 };
const memory = 'files from memory';
/** With `--only word` only works with the word in their title are measured; the result is printed, not written. */
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : '';

/** Only this core sends; the servers have the other. */
const pinned = spawnSync('taskset', ['-apc', '1', String(process.pid)]);
if (pinned.status !== 0) throw new Error('The bench needs taskset (util-linux) and two cores');

/** Works that are no rounds of contenders, each with a table of its own. */
const alone: readonly (readonly [title: string, measure: () => Promise<Measured>])[] = [
  ['Start and memory', () => measureStanding(isQuick ? 3 : 9)],
  ['Open event streams', () => measureStreams(1000, isQuick ? 1000 : 5000, isQuick ? 1 : 3)],
  ['A session', async () => measureSessions(isQuick ? [10_000] : [10_000, 100_000])],
];
const measured: Measured[] = [];
for (const [title, measure] of alone) {
  if (!title.includes(only)) continue;
  console.error(`measuring: ${title}`);
  measured.push(await measure());
}

const redis = await startRedis();
interface Work {
  readonly title: string;
  readonly floor: string;
  readonly enter: () => Promise<readonly Contender[]>;
  readonly quantity?: string;
  readonly ownPace?: Pace;
}

const plainProxy = 'plain @fastify/http-proxy';
const works: readonly Work[] = [
  { title: '/api/me', floor: 'bare Fastify', enter: () => enterWhoIsSignedIn(redis.url) },
  {
    ...{ title: '/api/me under light load', floor: 'bare Fastify', enter: enterLightLoad },
    ...{ quantity: 'p99', ownPace: long },
  },
  { title: 'A complete login', floor: 'openid-client', enter: enterLogin, ownPace: warmed },
  {
    ...{ title: 'A complete login of peers', floor: 'openid-client', enter: enterOtherLogins },
    ownPace: ofPeers,
  },
  { title: 'Proxied JSON, small', floor: plainProxy, enter: () => enterProxying('/small') },
  {
    ...{ title: 'Proxied JSON, 64 KiB', floor: plainProxy, enter: () => enterProxying('/large') },
    ownPace: often,
  },
  {
    ...{ title: 'Proxied server-sent events', floor: plainProxy, enter: () => enterProxying('/events') },
    ownPace: opening,
  },
  { title: 'The page', floor: memory, enter: () => enterFiles('page') },
  { title: 'A hashed asset', floor: memory, enter: () => enterFiles('asset') },
  { title: 'The page, not modified', floor: memory, enter: () => enterFiles('known page') },
];

const sections: Section[] = [];
try {
  for (const { title, floor, enter, quantity = 'CPU', ownPace = pace } of works) {
    if (!title.includes(only)) continue;
    console.error(`measuring: ${title}`);
    try {
      const { costs, contenders } = await runSittings(enter, ownPace);
      sections.push(createSection({ title, floor, quantity }, costs, contenders));
    } catch (error) {
      // Earlier measurements are printed all the same.
      console.error(`${title} could not be measured: ${error}`);
      process.exitCode = 1;
    }
  }
} finally {
  await redis.stop();
}

const fromHere = (path: string): URL => new URL(path, import.meta.url);
const report = [writeReport(sections), ...measured.map(({ table }) => table)].join('\n');
console.log(report);

if (only === '') {
  const date = new Date().toISOString().slice(0, 10);
  const kept = {
    date,
    node: process.version,
    isQuick,
    ...pace,
    sections,
    alone: measured.map(({ figures }) => figures),
  };
  mkdirSync(fromHere('../results/'), { recursive: true });
  writeFileSync(fromHere(`../results/${date}.json`), `${JSON.stringify(kept, null, 2)}\n`);
}

if (only === '' && process.argv.includes('--write')) {
  const page = fromHere('../../docs/performance.md');
  const text = readFileSync(page, 'utf8');
  const [before = '', rest = ''] = text.split(/(?<=<!-- table -->\n)/);
  const after = rest.slice(rest.indexOf('<!-- end of table -->'));
  writeFileSync(page, `${before}\n${report}\n${after}`);
}
