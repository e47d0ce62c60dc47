import { describeUnknown } from './unknown-variables.ts';
import type { EnvironmentIssue } from './variable-text.ts';

/** Thrown with every mistake in the environment at once, and with the typos that may be behind one. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly issues: readonly EnvironmentIssue[];

  constructor(issues: readonly EnvironmentIssue[], unknown: readonly string[] = []) {
    const lines = issues.map(({ variable, problem, remedy }) => `${variable} ${problem}. ${remedy}`);
    super(['The configuration has mistakes:', ...lines, ...unknown.map(describeUnknown)].join('\n  '));
    this.issues = issues;
  }
}
