import type { Socket } from 'node:net';
import { createTrust, groupAddress } from '../logging/client-address.ts';

/**
 * Keeps one address from taking every connection: those beyond `most` of one client (in IPv6 of one /64) are closed unread.
 * A proxy of `trustProxy` carries the connections of all clients, and limits its own.
 *
 * @returns the listener for a server's `connection` event; servers that share it share the count.
 */
export const createConnectionLimit = (
  most: number,
  trustProxy: readonly string[],
): ((socket: Socket) => void) => {
  const isTrusted = createTrust(trustProxy);
  const open = new Map<string, number>();
  const countOf = (address: string): number => open.get(address) ?? 0;
  return (socket) => {
    const { remoteAddress = '' } = socket;
    if (isTrusted(remoteAddress)) return;
    const address = groupAddress(remoteAddress);
    // Without an address it is gone already.
    if (address === undefined || countOf(address) >= most) {
      socket.destroy();
      return;
    }
    open.set(address, countOf(address) + 1);
    socket.once('close', () => {
      const left = countOf(address) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  };
};
