/** What the log shows of an error: kind, code, message and causes; never a body, header or parameter. */
export interface PrintedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly cause?: PrintedError;
}

const mostCauses = 4;

const printCause = (error: unknown, depth: number): PrintedError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const cause = depth < mostCauses ? printCause(error.cause, depth + 1) : undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    ...(cause === undefined ? {} : { cause }),
  };
};

/** Prints an error and its causes, without the members that libraries hang on it (answers, tokens). */
export const printError = (error: unknown): PrintedError & { readonly stack: string } => {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return { ...(printCause(error, 0) ?? { type: typeof error, message: 'Not an error' }), stack };
};
