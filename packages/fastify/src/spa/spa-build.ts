import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import { readSpaFiles, type SpaFiles, type SpaFolder } from './spa-files.ts';

/** A build that may be replaced while it is served. */
export interface SpaBuild {
  /** Its files; once a second a promise of them, when it is looked whether there is a newer build. */
  readonly files: () => SpaFiles | Promise<SpaFiles>;
}

/** Milliseconds between two looks, and for which a build must have lain still to be taken for whole. */
const interval = 1000;
const stillness = 500;

/** What a build looks like from outside. */
interface Look {
  readonly print: string;
  /** Milliseconds since the epoch, by the clock of the file system. */
  readonly changedAt: number;
}

/** A folder changes with every file that comes or goes, and no build leaves `index.html` as it was. */
const lookAt = async (dir: string, files: SpaFiles): Promise<Look> => {
  const folders = new Set([...files.values()].map(({ name }) => dirname(name)));
  const stats = await Promise.all(
    ['index.html', ...folders].map((name) => stat(join(dir, name)).catch(() => undefined)),
  );
  return {
    print: stats.map((each) => `${each?.ino} ${each?.size} ${each?.ctimeMs}`).join(),
    changedAt: Math.max(...stats.map((each) => each?.ctimeMs ?? 0)),
  };
};

/**
 * Opens a build. A newer one is read whole when it has lain still for a moment; until then, and when it
 * cannot be read, the one before is served from memory.
 *
 * @throws Error that names `SPA_DIR` when there is no `index.html`.
 */
export const openSpaBuild = async (folder: SpaFolder, log: FastifyBaseLogger): Promise<SpaBuild> => {
  const { dir } = folder;
  let files = await readSpaFiles(folder);
  let served = await lookAt(dir, files);
  let seen = served;
  let next = performance.now() + interval;

  const renew = async (): Promise<SpaFiles> => {
    const before = seen;
    seen = await lookAt(dir, files);
    const isStill = seen.print === before.print || Date.now() - seen.changedAt > stillness;
    if (seen.print === served.print || !isStill) return files;
    try {
      const read = await readSpaFiles(folder);
      const isUnchanged = (await lookAt(dir, files)).print === seen.print;
      files = read;
      // What has changed while it was read is read again at the next look.
      served = isUnchanged ? await lookAt(dir, files) : { ...seen, print: '' };
      logEvent(log, 'spa_renewed', {});
    } catch (error) {
      logEvent(log, 'spa_unreadable', { err: error });
    }
    return files;
  };

  return {
    files: () => {
      const now = performance.now();
      if (now < next) return files;
      next = now + interval;
      return renew();
    },
  };
};
