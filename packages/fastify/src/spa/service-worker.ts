import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { logEvent } from '../events.ts';
import type { SpaFiles } from './spa-files.ts';

/** A build's files, and the folder that they are in. */
interface ReadBuild {
  readonly dir: string;
  readonly files: SpaFiles;
}

/** The names that Workbox, vite-plugin-pwa, Create React App and SvelteKit give to service workers. */
const workerPaths = ['/sw.js', '/service-worker.js', '/serviceworker.js', '/service_worker.js'];

/** The manifest of Angular's worker, which is the same script in every build. */
const angularManifest = '/ngsw.json';

/** Reads a file of a build; empty where it is missing. The list of what a large build has makes its worker a large file. */
const readText = async ({ dir, files }: ReadBuild, path: string): Promise<string> => {
  const file = files.get(path);
  return file === undefined ? '' : readFile(join(dir, file.name), 'utf8');
};

/** The patterns by which Angular's worker decides which navigations it answers with the page. */
const angularPatterns = z.object({
  navigationUrls: z.array(
    z.object({ positive: z.boolean(), regex: z.string().transform((text) => new RegExp(text)) }),
  ),
});

type AngularPatterns = z.output<typeof angularPatterns>['navigationUrls'];

const readPatterns = (manifest: string, log: FastifyBaseLogger): AngularPatterns => {
  try {
    return manifest === '' ? [] : angularPatterns.parse(JSON.parse(manifest)).navigationUrls;
  } catch (error) {
    logEvent(log, 'spa_worker_unreadable', { file: angularManifest, err: error });
    return [];
  }
};

const answersByPattern = (patterns: AngularPatterns, path: string): boolean => {
  const fitting = patterns.filter(({ regex }) => regex.test(path));
  return fitting.length > 0 && fitting.every(({ positive }) => positive);
};

/** Whether a script answers requests from its caches and mentions the sign-in nowhere but in the names of files. */
const answersFromCache = (script: string): boolean =>
  /NavigationRoute|\bcaches\b/.test(script) && !/login(?![\w./-]*\.\w+["'`])/.test(script);

/** Where browsers navigate to the BFF, one address of each kind. */
const navigations = [paths.login, paths.callback, paths.logout, paths.me];

const findUnawareWorker = async (build: ReadBuild, log: FastifyBaseLogger): Promise<string | undefined> => {
  const patterns = readPatterns(await readText(build, angularManifest), log);
  // Angular’s worker takes the path that it is registered for off what it compares.
  if (navigations.some((path) => answersByPattern(patterns, path))) return angularManifest;
  for (const path of workerPaths) if (answersFromCache(await readText(build, path))) return path;
  return undefined;
};

/** Warns of a build's service worker that answers for the BFF with the page, or that cannot be read. */
export const warnOfWorker = async (build: ReadBuild, log: FastifyBaseLogger): Promise<void> => {
  const file = await findUnawareWorker(build, log);
  if (file !== undefined) logEvent(log, 'spa_worker_unaware', { file });
};
