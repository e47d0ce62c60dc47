import { nameOf, variables } from './variables.ts';

/** Shorter names are too common to be recognised in a misspelling. */
const shortestRecognised = 6;

const isOneSlipAway = (one: string, other: string): boolean => {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < one.length - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  return Math.max(one.length, other.length) - start - end <= 1;
};

const isNearlyThe = (name: string, known: string): boolean => {
  if (name.length < shortestRecognised || known.length < shortestRecognised) return false;
  const isWithoutUnderscores = name.replaceAll('_', '') === known.replaceAll('_', '');
  return isWithoutUnderscores || name.startsWith(known) || isOneSlipAway(name, known);
};

/** Names in the environment that resemble variables of Foyer but are not: most likely typos. */
export const findUnknownVariables = (names: readonly string[]): readonly string[] => {
  const known = variables.flatMap(({ facts: { variable, aliases = [] } }) => [variable, ...aliases]);
  return names.filter((name) => {
    const plain = nameOf(name);
    if (known.includes(plain)) return false;
    return /^(OIDC|SESSION)_/.test(plain) || known.some((each) => isNearlyThe(plain, each));
  });
};
