import { paths } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { logEvent } from '../events.ts';
import type { SpaFiles } from './spa-files.ts';

/** The names that Workbox, vite-plugin-pwa, Create React App and SvelteKit give to service workers. */
const workerPaths = ['/sw.js', '/service-worker.js', '/serviceworker.js', '/service_worker.js'];

/** The manifest of Angular's worker, which is the same script in every build. */
const angularManifest = '/ngsw.json';

const textOf = (files: SpaFiles, path: string): string =>
  files.get(path)?.variants.get('identity')?.body.toString('utf8') ?? '';

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

const findUnawareWorker = (files: SpaFiles, log: FastifyBaseLogger): string | undefined => {
  const patterns = readPatterns(textOf(files, angularManifest), log);
  // Angular’s worker takes the path that it is registered for off what it compares.
  if (navigations.some((path) => answersByPattern(patterns, path))) return angularManifest;
  return workerPaths.find((path) => answersFromCache(textOf(files, path)));
};

/** Warns of a build's service worker that answers for the BFF with the page, or that cannot be read. */
export const warnOfWorker = (files: SpaFiles, log: FastifyBaseLogger): void => {
  const file = findUnawareWorker(files, log);
  if (file !== undefined) logEvent(log, 'spa_worker_unaware', { file });
};
