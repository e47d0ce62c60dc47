import { readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** Says whether another connection may have written since it was asked last; `true` the first time. */
export type SqliteChanges = () => boolean;

/** Both copies of the header of the log's index: whoever commits counts it there, in every process at once. */
const headerLength = 96;
/** The format of which that is known; its number stands first. @see https://www.sqlite.org/walformat.html */
const knownFormat = 3_007_000;

const linkOf = (descriptor: string): string | undefined => {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined; // It was that of the listing itself.
  }
};

/**
 * The descriptor by which sqlite itself holds the index, on Linux: with one of our own, closing it would drop sqlite's
 * locks.
 *
 * @see https://www.sqlite.org/howtocorrupt.html section 2.2
 */
const findIndex = (file: string): number | undefined => {
  if (process.platform !== 'linux') return undefined;
  const index = `${realpathSync(file)}-shm`;
  const found = readdirSync('/proc/self/fd').find((descriptor) => linkOf(descriptor) === index);
  return found === undefined ? undefined : Number(found);
};

/** Says whether the header is still what it was when `keep` was called last. */
const watchHeader = (index: number) => {
  const header = Buffer.alloc(headerLength);
  const kept = Buffer.alloc(headerLength);
  const words = new Uint32Array(header.buffer, header.byteOffset, 1);
  return {
    isKept: (): boolean =>
      readSync(index, header, 0, headerLength, 0) === headerLength &&
      words[0] === knownFormat &&
      header.equals(kept),
    keep: (): number => header.copy(kept),
  };
};

/**
 * Watches a shared file through the open `database`. `PRAGMA data_version` tells it, but takes and gives back a lock
 * each time: it is asked only when the header of the index is another than before. The header is read first and kept
 * last, so that a commit between the two, or a failure, is seen by the next call.
 */
export const watchSqliteChanges = (database: DatabaseSync, file: string): SqliteChanges => {
  const dataVersion = database.prepare('PRAGMA data_version');
  dataVersion.setReturnArrays(true);
  const index = findIndex(file);
  const header = index === undefined ? undefined : watchHeader(index);
  let known: unknown;
  return () => {
    if (header?.isKept()) return false;
    const current = dataVersion.get()?.[0];
    header?.keep();
    const hasChanged = current !== known;
    known = current;
    return hasChanged;
  };
};
