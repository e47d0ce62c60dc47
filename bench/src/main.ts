import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { startRedis } from './redis.ts';
import { createSection, type Measured, type Section, writeReport } from './report.ts';
import { type Contender, runRounds } from './rounds.ts';
import { measureStreams } from './works/event-streams.ts';
import { enterFiles } from './works/files.ts';
import { enterLightLoad } from './works/light-load.ts';
import { enterLogin } from './works/login.ts';
import { enterProxying } from './works/proxying.ts';
import { measureSessions } from './works/session-size.ts';
import { measureStanding } from './works/standing.ts';
import { enterWhoIsSignedIn } from './works/who-is-signed-in.ts';

const isQuick = process.argv.includes('--quick');
const pace = isQuick ? { rounds: 5, slice: 150, warmUp: 1000 } : { rounds: 15, slice: 1000, warmUp: 3000 };
const memory = 'files from memory';
/** With `--only word`: the works whose title has the word, which are told and kept nowhere. */
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : '';

/** Only this core sends; the servers have the other. */
const pinned = spawnSync('taskset', ['-pc', '1', String(process.pid)]);
if (pinned.status !== 0) throw new Error('The bench needs taskset (util-linux) and two cores');

/** Works that are no rounds of contenders, each with a table of its own. */
const alone: readonly (readonly [title: string, measure: () => Promise<Measured>])[] = [
  ['Start and memory', () => measureStanding(isQuick ? 3 : 9)],
  ['Open event streams', () => measureStreams(1000, isQuick ? 1000 : 5000)],
  ['A session', async () => measureSessions(isQuick ? [10_000] : [10_000, 100_000])],
];
const isChosen = ([title]: readonly [title: string, ...unknown[]]): boolean => title.includes(only);
const measured: Measured[] = [];
for (const [title, measure] of alone.filter(isChosen)) {
  console.error(`measuring: ${title}`);
  measured.push(await measure());
}

const redis = await startRedis();
const works: readonly (readonly [
  title: string,
  floor: string,
  enter: () => Promise<readonly Contender[]>,
  quantity?: string,
])[] = [
  ['/api/me', 'bare Fastify', () => enterWhoIsSignedIn(redis.url)],
  ['/api/me under light load', 'bare Fastify', enterLightLoad, 'p99'],
  ['A complete login', 'openid-client', enterLogin],
  ['Proxied JSON, small', 'plain @fastify/http-proxy', () => enterProxying('/small')],
  ['Proxied JSON, 64 KiB', 'plain @fastify/http-proxy', () => enterProxying('/large')],
  ['Proxied server-sent events', 'plain @fastify/http-proxy', () => enterProxying('/events')],
  ['The page', memory, () => enterFiles('page')],
  ['A hashed asset', memory, () => enterFiles('asset')],
  ['The page, not modified', memory, () => enterFiles('known page')],
];

const sections: Section[] = [];
try {
  for (const [title, floor, enter, quantity = 'CPU'] of works.filter(isChosen)) {
    console.error(`measuring: ${title}`);
    const contenders = await enter();
    sections.push(createSection({ title, floor, quantity }, await runRounds(contenders, pace), contenders));
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
