import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

const interim = /^HTTP\/1\.1 1(?!01)\d\d[ \r]/;
/** A line that ends in another way than by CRLF: where such a head ends, two readers may see differently. */
const oddLine = /\r[^\n]|(?<!\r)\n/;
const statusLineBytes = 13;
const maxHeldBytes = 16 * 1024;
const nothing = Buffer.alloc(0);

/** The bytes from the answer on, without what is sent before it; `undefined` while more are needed to know. */
const findAnswer = (bytes: Buffer): Buffer | undefined => {
  let rest = bytes;
  let line = rest.toString('latin1', 0, statusLineBytes);
  while (interim.test(line)) {
    const end = rest.indexOf('\r\n\r\n');
    if (oddLine.test(rest.toString('latin1', 0, end === -1 ? rest.length : end))) return rest;
    if (end === -1) return undefined;
    rest = rest.subarray(end + 4);
    line = rest.toString('latin1', 0, statusLineBytes);
  }
  const mayBeInterim = line.length < statusLineBytes && 'HTTP/1.1 1'.startsWith(line.slice(0, 10));
  return mayBeInterim ? undefined : rest;
};

/** Takes interim answers out of what a socket reads next, each time that the returned function has been called. */
const watchAnswers = (socket: Socket): (() => void) => {
  let isAwaited = false;
  let held: Buffer = nothing;
  // Before undici's own listener, which then reads what is put back here.
  socket.on('readable', () => {
    const chunk: unknown = isAwaited ? socket.read() : null;
    if (!Buffer.isBuffer(chunk)) return;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const answer = findAnswer(held);
    if (answer === undefined && held.length <= maxHeldBytes) return;
    isAwaited = false;
    socket.unshift(answer ?? held);
    held = nothing;
  });
  return () => {
    isAwaited = true;
  };
};

/** Connections on which an upstream's interim answers are passed over. */
export interface InterimAnswers {
  /** Connects as the given connector does. */
  readonly passOver: (connect: buildConnector.connector) => buildConnector.connector;
  readonly close: () => void;
}

/**
 * Passes interim answers over. `100 Continue` is one that an upstream may send unasked, and undici closes the connection
 * at it, although its documentation says otherwise. Its diagnostics channel reports on which socket a request begins:
 * only the first bytes after that are looked at.
 *
 * @see RFC 9110 section 15.2
 */
export const openInterimAnswers = (): InterimAnswers => {
  const expectAnswer = new Map<unknown, () => void>();
  const onSent = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && 'socket' in message)
      expectAnswer.get(message.socket)?.();
  };
  subscribe('undici:client:sendHeaders', onSent);
  return {
    passOver: (connect) => (to, done) =>
      connect(to, (...connected) => {
        const [error, socket] = connected;
        if (error === null) {
          expectAnswer.set(socket, watchAnswers(socket));
          socket.once('close', () => expectAnswer.delete(socket));
        }
        done(...connected);
      }),
    close: () => unsubscribe('undici:client:sendHeaders', onSent),
  };
};
