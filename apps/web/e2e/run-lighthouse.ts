import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { signIn } from '@foyer/dev-provider';
import { findChromium } from '@foyer/testkit';
import { startProduct } from './start-product.ts';

/** Fetched when it is asked for: two hundred packages that nothing else needs. */
const lighthouse = 'lighthouse@12.8.2';

const execute = promisify(execFile);

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

const folder = await mkdtemp(join(tmpdir(), 'foyer-lighthouse-'));
const report = join(folder, 'report.json');

const measure = async (url: string, options: readonly string[]): Promise<readonly Score[]> => {
  // The provider answers in this very process, which therefore must not wait for the browser.
  await execute(
    'npx',
    [
      ...['--yes', lighthouse, url, ...options, '--quiet', '--output=json', `--output-path=${report}`],
      '--chrome-flags=--headless=new --no-sandbox --disable-background-networking',
    ],
    { env: { ...process.env, CHROME_PATH: findChromium() ?? '' } },
  );
  return parseScores(JSON.parse(await readFile(report, 'utf8')));
};

// Pages that no search engine shall list are not measured by what such engines like.
const unlisted = '--only-categories=performance,accessibility,best-practices';

/** The browser reports the status of an error page as an error of the page. */
const isError = ['--ignore-status-code', '--skip-audits=errors-in-console'];

/** What a loaded machine takes from the speed of a view is not its fault; of the home page, and of all else, a hundred is asked. */
const leastOf = (title: string, isHome: boolean): number => (title === 'Performance' && !isHome ? 90 : 100);

/** Other programs on the machine only take from a score, and a trace that was not recorded is asked for again. */
const tries = 3;

/** The first scores that are high enough, or those of the last try. */
const measureUntilGood = async (
  url: string,
  options: readonly string[],
  isHome: boolean,
): Promise<{ readonly scores: readonly Score[]; readonly isGood: boolean }> => {
  let scores: readonly Score[] = [];
  for (let count = 1; count <= tries; count += 1) {
    try {
      scores = await measure(url, options);
    } catch (error) {
      const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : error;
      if (count === tries) throw new Error(`Lighthouse failed at ${url}: ${reason}`);
      console.log(`Lighthouse failed at ${url}, once more: ${reason}`);
      continue;
    }
    if (scores.length > 2 && scores.every(([title, points]) => points >= leastOf(title, isHome)))
      return { scores, isGood: true };
  }
  return { scores, isGood: false };
};

/** Usage: `pnpm lighthouse`; measures the views of the built product on a phone and on a desktop. */
const product = await startProduct();
try {
  const cookie = await signIn(`${product.url}/login`, 'Ada Lovelace');
  // A file: arguments are seen by every program of the machine.
  const headersFile = join(folder, 'headers.json');
  await writeFile(headersFile, JSON.stringify({ cookie }));
  const signedIn = `--extra-headers=${headersFile}`;
  const views: readonly (readonly [path: string, ...options: string[]])[] = [
    ['/'],
    ['/', signedIn],
    ['/profile', signedIn],
    ['/sessions', signedIn],
    ['/login', unlisted],
    ['/login/callback', unlisted, ...isError],
  ];
  let areGood = true;
  for (const [path, ...options] of views)
    for (const screen of ['phone', 'desktop']) {
      const preset = screen === 'desktop' ? ['--preset=desktop'] : [];
      const isHome = path === '/' && options.length === 0;
      const { scores, isGood } = await measureUntilGood(product.url + path, [...options, ...preset], isHome);
      const words = scores.map(([title, points]) => `${title} ${points}`).join(', ');
      console.log(`${path}${options.includes(signedIn) ? ' signed in' : ''} on a ${screen}: ${words}`);
      areGood &&= isGood;
    }
  process.exitCode = areGood ? 0 : 1;
} finally {
  await product.close();
  await rm(folder, { recursive: true });
}
