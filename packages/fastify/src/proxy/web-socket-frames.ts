/** Follows one direction of a WebSocket to know where a frame of ours may be put between two of the peer's. */
export interface FrameBoundary {
  /** Takes the next bytes that were passed on. */
  readonly pass: (bytes: Uint8Array) => void;
  /** How many of these bytes belong to the frame that is under way: 0 between two frames. */
  readonly countUnfinished: (bytes: Uint8Array) => number;
  readonly isBetweenFrames: () => boolean;
}

const lengthBytes = (second: number): number => {
  const short = second & 0x7f;
  return short === 127 ? 8 : short === 126 ? 2 : 0;
};

/** Reads frame headers and skips payloads. @see RFC 6455 section 5.2 */
export const createFrameBoundary = (): FrameBoundary => {
  let header: number[] = [];
  let payload = 0;

  /** One byte of a header; when it is whole, the payload it announces is what is left to pass. */
  const readHeader = (byte: number): void => {
    header.push(byte);
    const [, second] = header;
    if (second === undefined) return;
    const mask = second & 0x80 ? 4 : 0;
    const extended = lengthBytes(second);
    if (header.length < 2 + extended + mask) return;
    const long = header.slice(2, 2 + extended).reduce((length, part) => length * 256 + part, 0);
    payload = extended === 0 ? second & 0x7f : long;
    header = [];
  };

  const isBetweenFrames = (): boolean => header.length === 0 && payload === 0;

  /** Reads until the bytes end, or until the first boundary; returns how many were read. */
  const advance = (bytes: Uint8Array, from: number, stopsAtBoundary: boolean): number => {
    let at = from;
    while (at < bytes.length && !(stopsAtBoundary && isBetweenFrames())) {
      const skipped = Math.min(payload, bytes.length - at);
      if (skipped > 0) {
        payload -= skipped;
        at += skipped;
      } else {
        readHeader(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  };

  return {
    pass: (bytes) => {
      advance(bytes, 0, false);
    },
    countUnfinished: (bytes) => advance(bytes, 0, true),
    isBetweenFrames,
  };
};

/** A server's close frame. `reason` is ASCII, at most 123 characters. @see RFC 6455 section 5.5.1 */
export const createCloseFrame = (code: number, reason: string): Buffer => {
  const text = Buffer.from(reason, 'latin1');
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x88;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
};
