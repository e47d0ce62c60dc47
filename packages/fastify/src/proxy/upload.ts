import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problem } from '../problems.ts';

/** A time limit that stands still while someone else's turn it is. */
export interface Deadline {
  readonly pause: () => void;
  /** Grants the whole time again. */
  readonly restart: () => void;
  /** Ends it for good. */
  readonly stop: () => void;
}

/** Starts a time limit; `onLate` is called once when it has passed. */
export const startDeadline = (timeoutMs: number, onLate: () => void): Deadline => {
  let timer = setTimeout(onLate, timeoutMs);
  let isStopped = false;
  return {
    pause: () => clearTimeout(timer),
    restart: () => {
      if (isStopped) return;
      clearTimeout(timer);
      timer = setTimeout(onLate, timeoutMs);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};

const tooLarge = (): Problem => new Problem('payload_too_large', 'The body is larger than API_MAX_BODY');

/** Whether a request has a body. @see RFC 9112 section 6.3 */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Refuses a body whose length is known before it is read.
 *
 * @throws Problem `payload_too_large`.
 */
export const requireFittingLength = ({ headers }: IncomingMessage, maxBodyBytes: number): void => {
  if (Number(headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
};

/** What a request's body is passed on with. */
interface UploadLimits {
  readonly maxBodyBytes: number;
  /** Runs while the upstream has to take a piece or to answer, and stands still while the browser has to send one. */
  readonly deadline: Deadline;
  readonly onTooLarge: (problem: Problem) => void;
}

/** Bytes at the beginning of an upload, within which most upstreams refuse one that they do not want. */
const cautiousBytes = 8 * 1024 * 1024;

/**
 * Lets the event loop read what the upstream has sent. One that refuses an upload often closes its connection at once:
 * the next write would fail, and its answer be lost with the connection.
 */
const readAnswerFirst = async (): Promise<void> => {
  await nextTurn();
  // The first turn may itself have taken a while, with the piece after this one.
  await nextTurn();
};

async function* readPieces(
  raw: IncomingMessage,
  { maxBodyBytes, deadline, onTooLarge }: UploadLimits,
): AsyncGenerator<Buffer> {
  let size = 0;
  deadline.pause();
  try {
    for await (const piece of raw.iterator({ destroyOnReturn: false })) {
      size += piece.length;
      if (size > maxBodyBytes) return onTooLarge(tooLarge());
      deadline.restart();
      if (size <= cautiousBytes) await readAnswerFirst();
      yield piece;
      deadline.pause();
    }
    deadline.restart();
  } finally {
    // The remaining bytes of an upload that the upstream answered early: unread, they would block the connection. The iterator
    // lets go of the stream only in the next turn.
    setImmediate(() => raw.resume());
  }
}

/** The request's body as a stream of at most `maxBodyBytes`; `null` when there is none. */
export const createUpload = (raw: IncomingMessage, limits: UploadLimits): Readable | null =>
  hasBody(raw) ? Readable.from(readPieces(raw, limits), { objectMode: false }) : null;
