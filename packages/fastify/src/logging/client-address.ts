import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** The eight groups of an IPv6 address, in one spelling whatever its own: `URL` compresses and lowers it. */
const groupsOf = (ip: string): readonly string[] => {
  const [plain = ''] = ip.split('%');
  const [head = '', tail = ''] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail.split(':').filter((group) => group !== '');
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
};

const dotted = (groups: readonly string[]): string =>
  groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');

/** An address without the quotes, brackets and port that some proxies add; else `undefined`. @see RFC 7239 section 6 */
const parseAddress = (text: string): string | undefined => {
  const written = /^"(.*)"$/.exec(text)?.[1] ?? text;
  const ip =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(written)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(written)?.[1] ?? written;
  return isIP(ip) === 0 ? undefined : ip;
};

/** A request's client. A trusted proxy may pass on any text, of any length: then its own address stands for it. */
export const clientAddress = ({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string =>
  parseAddress(ip) ?? socket.remoteAddress ?? '';

/** Whether an address, however it is written, is among `cidrs`: addresses or CIDRs; a mapped IPv4 address is itself. */
export const createTrust = (cidrs: readonly string[]): ((address: string) => boolean) => {
  const trusted = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    trusted.addSubnet(network, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return (address) => {
    const [ip = ''] = parseAddress(address)?.split('%') ?? [];
    return ip !== '' && trusted.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
  };
};

/**
 * What one client is counted by: its IPv4 address, in IPv6 its /64, since a customer has a whole one; a mapped
 * IPv4 address is itself. `undefined` for anything that is not an address.
 *
 * @see RFC 6177 section 2; RFC 4291 section 2.5.5.2
 */
export const groupAddress = (address: string): string | undefined => {
  const ip = parseAddress(address);
  if (ip === undefined || isIP(ip) === 4) return ip;
  const groups = groupsOf(ip);
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return isMapped ? dotted(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`;
};
