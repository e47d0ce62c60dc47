/** How urgent a line of the log is. */
export type Level = 'info' | 'warn' | 'error';

/** One kind of event in the log. */
export interface LogEvent {
  readonly level: Level;
  readonly message: string;
  /** What the line says besides level, time, request id and message. */
  readonly fields: Readonly<Record<string, string>>;
  readonly when: string;
  /** What an operator does about it. */
  readonly remedy: string;
}
