import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which operating systems assign ports. */
const [lowest, highest] = [10_000, 32_000];

/** The one port of that range that `fetch` refuses. @see Fetch section 2.9, port blocking */
const blockedPort = 10_080;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/**
 * A port of 127.0.0.1 that is free at the time of the call. It is outside the range of ports that the system assigns:
 * one from that range could be assigned to another connection before the caller listens on it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    if (port !== blockedPort && (await isFree(port))) return port;
  }
}
