import type { z } from 'zod';
import { declaredOptions, type OptionShape } from './option.ts';

/** One mistake in the options. */
export interface OptionIssue {
  /** Name of the option; a name that no option has when it is misspelt. */
  readonly option: string;
  /** What is wrong; never the value of a secret. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

const describe = (issue: z.core.$ZodIssue): string => {
  const isOurs = issue.code === 'custom' || !issue.message.startsWith('Invalid ');
  if (isOurs && issue.code !== 'unrecognized_keys') return issue.message;
  if (issue.code === 'unrecognized_keys') return `has a key that is not known: ${issue.keys.join(', ')}`;
  if (issue.path.length > 1) return `is not valid at ${issue.path.slice(1).join('.')}`;
  return issue.input === undefined ? 'is missing' : 'is not valid';
};

const remedyOf = (issue: z.core.$ZodIssue, shape: OptionShape): string => {
  const given: unknown = issue.code === 'custom' ? issue.params?.remedy : undefined;
  if (typeof given === 'string') return given;
  const declared = declaredOptions(shape).find(({ option }) => option === issue.path[0]);
  return declared?.facts.remedy ?? 'Give a value of the documented type.';
};

/** Turns an error of an object's schema into one issue an option, each with what to do about it. */
export const optionIssues = (error: z.ZodError, shape: OptionShape): readonly OptionIssue[] =>
  error.issues.flatMap((issue): readonly OptionIssue[] => {
    const [first] = issue.path;
    if (first !== undefined)
      return [{ option: String(first), problem: describe(issue), remedy: remedyOf(issue, shape) }];
    if (issue.code !== 'unrecognized_keys') return [];
    const remedy = `Check the spelling. The options are ${Object.keys(shape).join(', ')}.`;
    return issue.keys.map((option) => ({ option, problem: 'is not an option of Foyer', remedy }));
  });

/** Thrown at start with every mistake at once. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly issues: readonly OptionIssue[];

  constructor(issues: readonly OptionIssue[]) {
    super(issues.map(({ option, problem, remedy }) => `${option}: ${problem}. ${remedy}`).join('\n'));
    this.issues = issues;
  }
}
