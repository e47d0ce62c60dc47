import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import { warnOfWorker } from './service-worker.ts';
import { readSpaFiles, type SpaFiles, type SpaFolder } from './spa-files.ts';

const checkIntervalMs = 1000;
/** How long a build must be unchanged to be taken for complete. */
const settlingMs = 500;

/** A folder changes with every file that is added or removed, and every build writes `index.html`. */
const readState = async (dir: string, files: SpaFiles) => {
  const folders = new Set([...files.values()].map(({ name }) => dirname(name)));
  const stats = await Promise.all(
    ['index.html', ...folders].map((name) => stat(join(dir, name)).catch(() => undefined)),
  );
  return {
    fingerprint: stats.map((each) => `${each?.ino} ${each?.size} ${each?.ctimeMs}`).join(),
    /** Milliseconds since the epoch, by the clock of the file system. */
    changedAt: Math.max(...stats.map((each) => each?.ctimeMs ?? 0)),
  };
};

/**
 * Opens a build that may be replaced while it is served. A newer one is looked for once a second, and read as soon as it is
 * complete; until then, and when it cannot be read, the build before is served from memory.
 *
 * @returns the files as they are now.
 * @throws Error that names `SPA_DIR` when there is no `index.html`.
 */
export const openSpaBuild = async (
  folder: SpaFolder,
  log: FastifyBaseLogger,
): Promise<() => Promise<SpaFiles>> => {
  const { dir } = folder;
  const readBuild = async (): Promise<SpaFiles> => {
    const read = await readSpaFiles(folder);
    await warnOfWorker({ dir, files: read }, log);
    return read;
  };
  let files = await readBuild();
  let served = await readState(dir, files);
  let seen = served;
  let nextCheckAt = performance.now() + checkIntervalMs;

  const readAgain = async (): Promise<void> => {
    try {
      const read = await readBuild();
      const isUnchanged = (await readState(dir, files)).fingerprint === seen.fingerprint;
      files = read;
      // A file that changed while the build was read makes the next check read it again.
      served = isUnchanged ? await readState(dir, files) : { ...seen, fingerprint: '' };
      logEvent(log, 'spa_renewed', {});
    } catch (error) {
      logEvent(log, 'spa_unreadable', { err: error });
    }
  };

  return async () => {
    const now = performance.now();
    if (now < nextCheckAt) return files;
    nextCheckAt = now + checkIntervalMs;
    const before = seen;
    seen = await readState(dir, files);
    const isComplete = seen.fingerprint === before.fingerprint || Date.now() - seen.changedAt > settlingMs;
    if (isComplete && seen.fingerprint !== served.fingerprint) await readAgain();
    return files;
  };
};
