import { BlockList, isIP, type Socket } from 'node:net';
import { groupAddress } from './address-group.ts';

/** Whether an address is among `cidrs`, each an address or a CIDR; a mapped IPv4 address counts as itself. */
const createTrust = (cidrs: readonly string[]): ((address: string) => boolean) => {
  const trusted = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    trusted.addSubnet(network, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return (address) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
};

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
