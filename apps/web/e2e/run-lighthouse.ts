import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '@foyer/testkit';
import { startProduct } from './start-product.ts';

/** Fetched when it is asked for: two hundred packages that nothing else needs. */
const lighthouse = 'lighthouse@12.8.2';

/** The category's title and its points of a hundred. */
type Score = readonly [title: string, points: number];

const isCategory = (value: unknown): value is { readonly title: string; readonly score: number | null } =>
  typeof value === 'object' && value !== null && 'title' in value && 'score' in value;

const parseScores = (report: unknown): readonly Score[] => {
  const { categories } = Object(report);
  return Object.values(Object(categories))
    .filter(isCategory)
    .map(({ title, score }) => [title, Math.round((score ?? 0) * 100)]);
};

const measure = async (url: string, folder: string): Promise<readonly Score[]> => {
  const report = join(folder, 'report.json');
  const { status } = spawnSync(
    'npx',
    [
      ...['--yes', lighthouse, url, '--quiet', '--output=json', `--output-path=${report}`],
      '--chrome-flags=--headless=new --no-sandbox --disable-background-networking',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CHROME_PATH: findChromium() ?? '' } },
  );
  if (status !== 0) throw new Error(`${lighthouse} ended with ${status}`);
  return parseScores(JSON.parse(await readFile(report, 'utf8')));
};

/** Usage: `pnpm lighthouse`; measures the home page of the built product, and fails below a hundred. */
const folder = await mkdtemp(join(tmpdir(), 'foyer-lighthouse-'));
const product = await startProduct();
try {
  const scores = await measure(product.url, folder);
  for (const [title, points] of scores) console.log(`${title}: ${points}`);
  const isPerfect = scores.length === 4 && scores.every(([, points]) => points === 100);
  process.exitCode = isPerfect ? 0 : 1;
} finally {
  await product.close();
  await rm(folder, { recursive: true });
}
