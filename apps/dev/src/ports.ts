import { createServer } from 'node:net';

/** Listens on a port and closes it again; returns its number, or the system's code when that fails. */
const tryPort = (port: number, host: string): Promise<number | string> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, ipv6Only: host === '::1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 'EINVAL'));
    });
  });

/** Why a port cannot be used: the address where another program listens, or that it needs more rights. */
export type PortProblem = '127.0.0.1' | '[::1]' | 'forbidden';

/**
 * Why a port cannot be used. A browser that opens `localhost` may come to either loopback address, so both have to be
 * free; a machine without IPv6 has the one alone.
 */
export const findPortProblem = async (port: number): Promise<PortProblem | undefined> => {
  const [four, six] = await Promise.all([tryPort(port, '127.0.0.1'), tryPort(port, '::1')]);
  if (four === 'EACCES') return 'forbidden';
  if (four !== port) return '127.0.0.1';
  return six === 'EADDRINUSE' ? '[::1]' : undefined;
};

/**
 * The preferred port of 127.0.0.1 if it is free, else one that is.
 *
 * @throws Error when the machine has none.
 */
export const choosePort = async (preferred = 0): Promise<number> => {
  for (const port of [preferred, 0]) {
    const free = await tryPort(port, '127.0.0.1');
    if (typeof free === 'number') return free;
  }
  throw new Error('This machine has no free port on 127.0.0.1. Stop another program, then try again.');
};
