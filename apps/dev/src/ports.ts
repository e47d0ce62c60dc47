import { createServer } from 'node:net';

/** Listens on a port of 127.0.0.1 and closes it again; returns its number, or `undefined` when the port is taken. */
export const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });

/**
 * A port of 127.0.0.1 that is free at the time of the call.
 *
 * @throws Error when the machine has none.
 */
export const freePort = async (): Promise<number> => {
  const port = await tryPort(0);
  if (port === undefined)
    throw new Error('This machine has no free port on 127.0.0.1. Stop another program, then try again.');
  return port;
};
