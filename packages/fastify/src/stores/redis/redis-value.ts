import type { ListedSession, NewStoredSession, StoredSession, StoredState } from '../session-store.ts';

// One string a session, because a hash weighs a third more: a head of digits at fixed places, which scripts change where
// they stand, the labels, and the sealed record.
const digits = { version: 10, time: 15, length: 5 };
const seenAt = digits.version;
const endAt = seenAt + digits.time;
const lengthAt = endAt + digits.time;
const labelsAt = lengthAt + digits.length;

/** What the scripts need to know of the value. The ends are those of `GETRANGE`, which includes them. */
export const valuePlaces = { ...digits, seenAt, endAt, lengthAt, labelsAt } as const;

/** The last byte of the state, for `GETRANGE` from 0. */
export const stateEnd = lengthAt - 1;

/** Stands behind each of the two digests. */
const lineEnd = '\n';

const pad = (value: number, length: number): string => {
  const text = String(value).padStart(length, '0');
  if (!/^\d+$/.test(text) || text.length > length) throw new RangeError(`${value} cannot be stored`);
  return text;
};

/** Which lists a session stands in, and what its user may see of it. */
export interface Labels {
  readonly subject: string;
  readonly providerSession: string | undefined;
  readonly about: Uint8Array;
}

/** The value of a new session. Throws a RangeError for a number that has no room in it. */
export const printValue = (session: NewStoredSession): Buffer => {
  const { version, lastSeenAt, expiresAt, subject, providerSession, about, sealed } = session;
  const lists = `${subject}${lineEnd}${providerSession ?? ''}${lineEnd}`;
  const state = pad(version, digits.version) + pad(lastSeenAt, digits.time) + pad(expiresAt, digits.time);
  const head = `${state}${pad(lists.length + about.length, digits.length)}${lists}`;
  return Buffer.concat([Buffer.from(head, 'latin1'), about, sealed]);
};

/** Reads the state from the beginning of a value; `undefined` when there is none or the session is over. */
export const readState = (head: string): StoredState | undefined => {
  if (head === '') return undefined;
  const expiresAt = Number(head.slice(endAt, lengthAt));
  if (expiresAt <= Date.now()) return undefined;
  return {
    version: Number(head.slice(0, seenAt)),
    lastSeenAt: Number(head.slice(seenAt, endAt)),
    expiresAt,
  };
};

/** Reads a whole value; `undefined` when there is none or the session is over. */
export const readValue = (id: string, value: Buffer | null): StoredSession | undefined => {
  const head = value?.toString('latin1', 0, labelsAt) ?? '';
  const state = readState(head);
  if (value === null || state === undefined) return undefined;
  return { id, ...state, sealed: value.subarray(labelsAt + Number(head.slice(lengthAt))) };
};

/** Reads what a script tells of a session: its labels. */
export const readLabels = (labels: Buffer): Labels => {
  const first = labels.indexOf(lineEnd);
  const second = labels.indexOf(lineEnd, first + 1);
  return {
    subject: labels.toString('latin1', 0, first),
    providerSession: labels.toString('latin1', first + 1, second) || undefined,
    about: labels.subarray(second + 1),
  };
};

/** Reads what a script tells of a session for a list: when it was last seen, then its labels. */
export const readListed = (id: string, told: Buffer): ListedSession => ({
  id,
  about: readLabels(told.subarray(digits.time)).about,
  lastSeenAt: Number(told.toString('latin1', 0, digits.time)),
});
