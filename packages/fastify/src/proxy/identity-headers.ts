import type { ApiRoute } from '../options.ts';
import type { Session } from '../session/session-record.ts';
import { claimsOf, encodeHeaderText, findClaim } from '../session/user.ts';

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

const printClaim = (value: unknown): string => {
  if (isScalar(value)) return encodeHeaderText(String(value));
  if (!Array.isArray(value)) return '';
  return value
    .filter(isScalar)
    .map((one) => encodeHeaderText(String(one), ','))
    .join(',');
};

/**
 * The headers by which a route reports the person to its upstream, each made of a claim: percent-encoded UTF-8, the values
 * of an array separated by commas. A claim that is missing, empty or an object has no header.
 *
 * @see RFC 9110 section 5.5
 */
export const createIdentityHeaders = (
  session: Pick<Session, 'record'> | undefined,
  { identity }: ApiRoute,
): Readonly<Record<string, string>> => {
  if (session === undefined || identity === undefined) return {};
  const claims = claimsOf(session);
  const printed = Object.entries(identity).map(
    ([name, path]) => [name.toLowerCase(), printClaim(findClaim(claims, path))] as const,
  );
  return Object.fromEntries(printed.filter(([, text]) => text !== ''));
};
