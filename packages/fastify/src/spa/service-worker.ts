import { paths } from '@foyer/contract';
import { z } from 'zod';
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

const readPatterns = (manifest: string): AngularPatterns => {
  try {
    return angularPatterns.parse(JSON.parse(manifest)).navigationUrls;
  } catch {
    return []; // Not Angular’s file.
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

/** The file of a build's service worker that answers for the BFF with the page; `undefined` when there is none. */
export const findUnawareWorker = (files: SpaFiles): string | undefined => {
  const patterns = readPatterns(textOf(files, angularManifest));
  // Angular’s worker takes the path that it is registered for off what it compares.
  if (navigations.some((path) => answersByPattern(patterns, path))) return angularManifest;
  return workerPaths.find((path) => answersFromCache(textOf(files, path)));
};
