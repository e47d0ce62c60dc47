import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problem } from '../problems.ts';

const tooLarge = (): Problem => new Problem('payload_too_large', 'The body is larger than API_MAX_BODY');

/** Whether a request has a body. @see RFC 9112 section 6.3 */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The call that a body is read for. */
interface UploadingCall {
  /** Lets the time limit stand still: the browser has to send a piece. */
  readonly pauseDeadline: () => void;
  /** Grants the whole time again: the upstream has to take a piece, or to answer. */
  readonly restartDeadline: () => void;
  readonly cut: (problem: Problem) => void;
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
  maxBodyBytes: number,
  call: UploadingCall,
): AsyncGenerator<Buffer> {
  let size = 0;
  call.pauseDeadline();
  try {
    for await (const piece of raw.iterator({ destroyOnReturn: false })) {
      size += piece.length;
      if (size > maxBodyBytes) return call.cut(tooLarge());
      call.restartDeadline();
      if (size <= cautiousBytes) await readAnswerFirst();
      yield piece;
      call.pauseDeadline();
    }
    call.restartDeadline();
  } finally {
    // The remaining bytes of an upload that the upstream answered early: unread, they would block the connection. The iterator
    // lets go of the stream only in the next turn.
    setImmediate(() => raw.resume());
  }
}

/**
 * The request's body as a stream of at most `maxBodyBytes`; `null` when there is none.
 *
 * @throws Problem `payload_too_large` where a length is known and is more.
 */
export const createUpload = (
  raw: IncomingMessage,
  maxBodyBytes: number,
  call: UploadingCall,
): Readable | null => {
  if (!hasBody(raw)) return null;
  if (Number(raw.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  return Readable.from(readPieces(raw, maxBodyBytes, call), { objectMode: false });
};
