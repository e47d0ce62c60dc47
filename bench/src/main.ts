import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { startRedis } from './redis.ts';
import { createSection, type Section, writeReport } from './report.ts';
import { type Contender, runRounds } from './rounds.ts';
import { enterFiles } from './works/files.ts';
import { enterLogin } from './works/login.ts';
import { enterProxying } from './works/proxying.ts';
import { measureStanding, writeStandings } from './works/standing.ts';
import { enterWhoIsSignedIn } from './works/who-is-signed-in.ts';

const isQuick = process.argv.includes('--quick');
const pace = isQuick ? { rounds: 5, slice: 150, warmUp: 1000 } : { rounds: 15, slice: 1000, warmUp: 3000 };
const memory = 'files from memory';
/** With `--only word`: the works whose title has the word, which are told and kept nowhere. */
const only = process.argv.includes('--only') ? (process.argv[process.argv.indexOf('--only') + 1] ?? '') : '';

/** Only this core sends; the servers have the other. */
const pinned = spawnSync('taskset', ['-pc', '1', String(process.pid)]);
if (pinned.status !== 0) throw new Error('The bench needs taskset (util-linux) and two cores');

if (only === '') console.error('measuring: Start and memory');
const standings = only === '' ? await measureStanding(isQuick ? 3 : 9) : [];
const redis = await startRedis();
const works: readonly (readonly [
  title: string,
  floor: string,
  enter: () => Promise<readonly Contender[]>,
])[] = [
  ['/api/me', 'bare Fastify', () => enterWhoIsSignedIn(redis.url)],
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
  for (const [title, floor, enter] of works.filter(([name]) => name.includes(only))) {
    console.error(`measuring: ${title}`);
    const contenders = await enter();
    sections.push(createSection(title, floor, await runRounds(contenders, pace), contenders));
  }
} finally {
  await redis.stop();
}

const fromHere = (path: string): URL => new URL(path, import.meta.url);
const report = `${writeReport(sections)}\n${writeStandings(standings)}`;
console.log(report);

if (only === '') {
  const date = new Date().toISOString().slice(0, 10);
  const kept = { date, node: process.version, isQuick, ...pace, sections, standings };
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
