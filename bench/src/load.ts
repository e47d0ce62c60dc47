import { connect, type Socket } from 'node:net';

/** What a load has done. */
export interface Load {
  readonly requests: number;
  /** Milliseconds of each request, in the order of their ends. */
  readonly latencies: readonly number[];
}

/** A request that is sent again and again. */
export interface Shot {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What every answer begins with after `HTTP/1.1 `. Default `200`. */
  readonly status?: string;
}

const printRequest = ({ port, path, headers = {} }: Shot): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nhost: localhost:${port}\r\n${lines.join('')}\r\n`;
};

/** Reports, chunk after chunk, when an answer is whole. Throws when it is not the one that is wanted. */
const createReader = (status: string): ((chunk: Buffer) => boolean) => {
  let missing = -1;
  let isChunked = false;
  let head = '';
  const begin = (chunk: Buffer): boolean => {
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return false;
    if (!head.startsWith(status, 9)) throw new Error(`Answered ${head.slice(9, 200)}, wanted ${status}`);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1];
    isChunked = length === undefined && status !== '304';
    missing = Number(length ?? 0) - (head.length - end - 4);
    return isChunked ? head.endsWith('0\r\n\r\n') : status === '304' || missing <= 0;
  };
  return (chunk) => {
    let isWhole: boolean;
    if (missing === -1) isWhole = begin(chunk);
    else if (isChunked) isWhole = chunk.toString('latin1', chunk.length - 5) === '0\r\n\r\n';
    else {
      missing -= chunk.length;
      isWhole = missing <= 0;
    }
    if (isWhole) {
      missing = -1;
      head = '';
    }
    return isWhole;
  };
};

/** A process that does not sleep. */
interface Wakefulness {
  /** Runs something in so many milliseconds, to the microsecond. */
  readonly runIn: (milliseconds: number, run: () => void) => void;
  readonly end: () => void;
}

/**
 * Keeps this process awake: a server that answers somebody asleep pays for waking them, and the slower it is the more
 * often. Timers of Node would bring what waits into step, because they count whole milliseconds.
 */
const stayAwake = (): Wakefulness => {
  const waiting = new Set<{ readonly due: number; readonly run: () => void }>();
  let isAwake = true;
  const turn = (): void => {
    const now = performance.now();
    for (const one of waiting) {
      if (one.due > now) continue;
      waiting.delete(one);
      one.run();
    }
    if (isAwake) setImmediate(turn);
  };
  turn();
  return {
    runIn: (milliseconds, run) => {
      waiting.add({ due: performance.now() + milliseconds, run });
    },
    end: () => {
      isAwake = false;
    },
  };
};

const runConnection = (
  shot: Shot,
  { isOver, sendNext }: { readonly isOver: () => boolean; readonly sendNext: (send: () => void) => void },
  latencies: number[],
) =>
  new Promise<void>((resolve, reject) => {
    const socket: Socket = connect({ port: shot.port, host: '127.0.0.1', noDelay: true });
    const request = printRequest(shot);
    const read = createReader(shot.status ?? '200');
    let sent = 0;
    const send = (): void => {
      sent = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (chunk) => {
      try {
        if (!read(chunk)) return;
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      latencies.push(performance.now() - sent);
      if (isOver()) socket.destroy();
      else sendNext(send);
    });
  });

/**
 * Sends for `milliseconds` over keep-alive connections, one request at a time on each: at once, or after a pause of any
 * length up to `pause` milliseconds.
 */
export const sendLoad = async (
  shot: Shot,
  { milliseconds, connections, pause = 0 }: { milliseconds: number; connections: number; pause?: number },
): Promise<Load> => {
  const latencies: number[] = [];
  const over = performance.now() + milliseconds;
  const isOver = (): boolean => performance.now() >= over;
  const { runIn, end } = stayAwake();
  const sendNext = (send: () => void): void => {
    if (pause > 0) runIn(pause * Math.random(), send);
    else send();
  };
  try {
    await Promise.all(
      Array.from({ length: connections }, () => runConnection(shot, { isOver, sendNext }, latencies)),
    );
  } finally {
    end();
  }
  return { requests: latencies.length, latencies };
};
