import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** What happens while a request's body is passed on. */
export interface UploadEvents {
  /** The browser has to send the next piece. */
  readonly onBrowsersTurn: () => void;
  /** The upstream has to take a piece, or to answer. */
  readonly onUpstreamsTurn: () => void;
  readonly onTooLarge: () => void;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

async function* readPieces(
  raw: IncomingMessage,
  maxBody: number,
  events: UploadEvents,
): AsyncGenerator<Buffer> {
  let size = 0;
  events.onBrowsersTurn();
  for await (const piece of raw.iterator({ destroyOnReturn: false })) {
    size += piece.length;
    if (size > maxBody) return events.onTooLarge();
    events.onUpstreamsTurn();
    yield piece;
    events.onBrowsersTurn();
  }
  events.onUpstreamsTurn();
}

/** The request's body as a stream of at most `maxBody` bytes; `null` when there is none. */
export const createUpload = (raw: IncomingMessage, maxBody: number, events: UploadEvents): Readable | null =>
  hasBody(raw) ? Readable.from(readPieces(raw, maxBody, events), { objectMode: false }) : null;
