import { isIP } from 'node:net';

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

/** Without the port and the brackets that some proxies add. @see RFC 7239 section 6 */
const plainAddress = (text: string): string =>
  /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;

/**
 * What one client is counted by: its IPv4 address, in IPv6 its /64, since a customer has a whole one; a mapped
 * IPv4 address is itself. `undefined` for what is no address.
 *
 * @see RFC 6177 section 2; RFC 4291 section 2.5.5.2
 */
export const groupAddress = (address: string): string | undefined => {
  const ip = plainAddress(address);
  const family = isIP(ip);
  if (family !== 6) return family === 4 ? ip : undefined;
  const groups = groupsOf(ip);
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return isMapped ? dotted(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`;
};
