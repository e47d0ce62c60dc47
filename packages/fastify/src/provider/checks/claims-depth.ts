import { Problem } from '../../problems.ts';

/** Levels of objects and lists; those that specifications define have three. */
const maxLevels = 32;

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member)));

/**
 * Refuses claims that can be read but not written again: JSON of any depth is parsed, and printing it exhausts the
 * stack.
 *
 * @throws Problem `provider_invalid_response`.
 */
export const requireShallow = (claims: Readonly<Record<string, unknown>>): void => {
  if (isDeeperThan(maxLevels, claims))
    throw new Problem('provider_invalid_response', `claims are nested deeper than ${maxLevels} levels`);
};
