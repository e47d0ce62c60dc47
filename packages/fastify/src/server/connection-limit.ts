import type { Socket } from 'node:net';
import { createTrust, groupAddress } from '../logging/client-address.ts';

/** What the limit needs to know. */
export interface ConnectionLimitSettings {
  /** Open connections of one client address (in IPv6: of one /64) at most. */
  readonly connectionsPerAddress: number;
  /** Proxies, which carry the connections of all clients and are not limited. */
  readonly trustProxy: readonly string[];
}

/**
 * Keeps one address from taking every connection: those beyond the limit are closed unread. A trusted proxy
 * limits its own clients.
 *
 * @returns the listener for a server's `connection` event; servers that share it share the count.
 */
export const createConnectionLimit = ({
  connectionsPerAddress,
  trustProxy,
}: ConnectionLimitSettings): ((socket: Socket) => void) => {
  const isTrusted = createTrust(trustProxy);
  const open = new Map<string, number>();
  return (socket) => {
    const { remoteAddress } = socket;
    const address = remoteAddress === undefined ? undefined : groupAddress(remoteAddress);
    if (remoteAddress === undefined || address === undefined) {
      // It is gone already.
      socket.destroy();
      return;
    }
    if (isTrusted(remoteAddress)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > connectionsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  };
};
