import type { LogEvent } from './log-event.ts';

/** What the program says of itself that runs the BFF as a process of its own. */
export const processEvents = {
  unknown_variable: {
    level: 'warn',
    message: 'a variable of the environment is none of ours: it has no effect',
    fields: { variable: 'its name' },
    when: 'The process starts, and a name that begins with `OIDC_` or `SESSION_` is not known: most likely a typo',
    remedy: 'Compare it with [configuration.md](configuration.md)',
  },
  stopping: {
    level: 'info',
    message: 'stopping',
    fields: { signal: 'the signal that asked for it' },
    when: 'The process was asked to end',
    remedy: 'Nothing',
  },
  stopped_late: {
    level: 'warn',
    message: 'SHUTDOWN_TIMEOUT has passed: requests that are still running are cut',
    fields: {},
    when: 'Requests outlive `SHUTDOWN_TIMEOUT`',
    remedy: 'When often: give `SHUTDOWN_TIMEOUT` more than the slowest API needs',
  },
  close_failed: {
    level: 'error',
    message: 'closing failed',
    fields: { err: 'the cause' },
    when: 'Something cannot be closed at the end; the exit code is 1',
    remedy: 'Report it',
  },
} as const satisfies Readonly<Record<string, LogEvent>>;
