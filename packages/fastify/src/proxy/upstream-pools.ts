import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import type { buildConnector, Pool } from 'undici';
import type { ApiRoute } from '../options.ts';
import type { TlsIdentity } from '../provider/provider.ts';

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

/** Takes interim answers out of what a socket reads next, each time that it is added to `awaited`. */
const watchAnswers = (socket: Socket, awaited: WeakSet<Socket>): void => {
  let held: Buffer = nothing;
  // Before undici's own listener, which then reads what is put back here.
  socket.on('readable', () => {
    const chunk: unknown = awaited.has(socket) ? socket.read() : null;
    if (!Buffer.isBuffer(chunk)) return;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const answer = findAnswer(held);
    if (answer === undefined && held.length <= maxHeldBytes) return;
    awaited.delete(socket);
    socket.unshift(answer ?? held);
    held = nothing;
  });
};

/**
 * Passes interim answers over on the connections of a connector. `100 Continue` is one that an upstream may send unasked,
 * and undici closes the connection at it, although its documentation says otherwise. Its diagnostics channel reports on which
 * socket a request begins: only the first bytes after that are looked at.
 *
 * @see RFC 9110 section 15.2
 */
const passOverInterimAnswers = (connect: buildConnector.connector) => {
  const awaited = new WeakSet<Socket>();
  const onSent = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && 'socket' in message)
      if (message.socket instanceof Socket) awaited.add(message.socket);
  };
  subscribe('undici:client:sendHeaders', onSent);
  const passing: buildConnector.connector = (to, done) =>
    connect(to, (...connected) => {
      const [error, socket] = connected;
      if (error === null) watchAnswers(socket, awaited);
      done(...connected);
    });
  return { connect: passing, stop: () => unsubscribe('undici:client:sendHeaders', onSent) };
};

/** The connections to each upstream, by its origin. */
export interface UpstreamPools {
  readonly get: (origin: string) => Pool;
  readonly close: () => void;
}

/**
 * Opens the pools, each with at most `connections`; an upstream that asks is shown the client's certificate, which access
 * tokens may be bound to. A server without API routes does not load undici for them.
 *
 * @see RFC 8705 section 3
 */
export const openUpstreamPools = async (
  routes: readonly ApiRoute[],
  connections: number,
  currentTls: () => TlsIdentity | undefined,
): Promise<UpstreamPools> => {
  const pools = new Map<string, Pool>();
  const get = (origin: string): Pool => {
    const pool = pools.get(origin);
    if (pool === undefined) throw new Error(`There is no upstream ${origin}`);
    return pool;
  };
  if (routes.length === 0) return { get, close: () => undefined };
  const { buildConnector, Pool } = await import('undici');
  const unshown = buildConnector({ allowH2: false });
  // A certificate that is renewed is shown on each connection from then on.
  const showing: buildConnector.connector = (to, done) =>
    buildConnector({ allowH2: false, ...currentTls() })(to, done);
  const { connect, stop } = passOverInterimAnswers(currentTls() === undefined ? unshown : showing);
  const origins = new Set(routes.map(({ upstream }) => new URL(upstream).origin));
  for (const origin of origins) pools.set(origin, new Pool(origin, { allowH2: false, connections, connect }));
  return {
    get,
    close: () => {
      stop();
      for (const pool of pools.values()) void pool.destroy();
    },
  };
};
