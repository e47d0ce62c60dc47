import type { Cluster, Redis } from 'ioredis';

/**
 * Lets the commands of one turn of the event loop leave in one piece, where there is one server: a write costs more
 * than a command. To be called before each command that may wait for its neighbours.
 */
export const gatherWrites = (client: Redis | Cluster): (() => void) => {
  let isGathering = false;
  return () => {
    if (isGathering || !('stream' in client) || client.status !== 'ready') return;
    isGathering = true;
    const { stream } = client;
    stream.cork();
    setImmediate(() => {
      isGathering = false;
      stream.uncork();
    });
  };
};
