/** One mistake in the environment; never with a value in it. */
export interface EnvironmentIssue {
  readonly variable: string;
  readonly problem: string;
  readonly remedy: string;
}

/** The report about a name that resembles a variable of Foyer. */
export const describeUnknown = (name: string): string =>
  `${name} is not a variable of Foyer: it has no effect. Is it a typo?`;

/** Thrown with every mistake in the environment at once, and with the typos that may be behind one. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly issues: readonly EnvironmentIssue[];
  /** Names that have no effect, and are most likely typos. */
  readonly unknown: readonly string[];

  constructor(issues: readonly EnvironmentIssue[], unknown: readonly string[] = []) {
    const lines = issues.map(({ variable, problem, remedy }) => `${variable} ${problem}. ${remedy}`);
    super(['The configuration has mistakes:', ...lines, ...unknown.map(describeUnknown)].join('\n  '));
    this.issues = issues;
    this.unknown = unknown;
  }
}

/** The code of a system error, such as `EADDRINUSE`; `undefined` for any other. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
