import { connect, type Socket } from 'node:net';

/** One answer, as far as it was received. */
export interface RawAnswer {
  readonly status: number;
  /** Every header line, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A TCP connection on which a test can send invalid HTTP. */
export interface RawConnection {
  /** Writes bytes as they are; text is latin1. */
  readonly send: (bytes: string | Buffer) => void;
  /** Stops reading, as a slow reader does. */
  readonly pause: () => void;
  /** Reads again after `pause`. */
  readonly resume: () => void;
  /** Everything received so far, latin1. */
  readonly received: () => string;
  /** Whether the other end has closed. */
  readonly isClosed: () => boolean;
  /** Resolves with everything received when the other end has closed the connection or reset it. */
  readonly closed: Promise<string>;
  readonly [Symbol.dispose]: () => void;
}

/** Opens a connection to 127.0.0.1, or from `localAddress`, another loopback address. */
export function connectRaw(port: number, localAddress = '127.0.0.1'): RawConnection {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress });
  const pieces: Buffer[] = [];
  let isClosed = false;
  const received = (): string => Buffer.concat(pieces).toString('latin1');
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      resolve(received());
    });
  });
  socket.on('data', (piece) => pieces.push(piece));
  // The server may refuse with a reset; `closed` resolves then too.
  socket.on('error', () => undefined);
  return {
    send: (bytes) => void socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    received,
    isClosed: () => isClosed,
    closed,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Parses the first answer in what a connection received; throws when its head is incomplete. */
export function parseRawAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (!status) throw new Error(`Not an HTTP answer: ${JSON.stringify(text.slice(0, 80))}`);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status, headers, body: text.slice(end + 4) };
}

const isComplete = (text: string): boolean => {
  if (!text.includes('\r\n\r\n')) return false;
  const { headers, body } = parseRawAnswer(text);
  const headerOf = (name: string): string | undefined => headers.find(([one]) => one === name)?.[1];
  if (headerOf('transfer-encoding') === 'chunked') return body.endsWith('0\r\n\r\n');
  return body.length >= Number(headerOf('content-length') ?? 0);
};

/**
 * Sends bytes on a new connection and returns the first answer when it is complete or the connection is closed; for HEAD,
 * when its head is complete. Throws when the connection closes without an answer.
 */
export async function askRaw(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  using connection = connectRaw(port);
  connection.send(bytes);
  const isHead = bytes.toString('latin1').startsWith('HEAD ');
  while (!connection.isClosed()) {
    const text = connection.received();
    if (isHead ? text.includes('\r\n\r\n') : isComplete(text)) return parseRawAnswer(text);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return parseRawAnswer(connection.received());
}
