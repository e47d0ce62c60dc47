/** Events of a program that runs the BFF as its own process. */
export const processEvents = {
  unknown_variable: {
    level: 'warn',
    message: 'a variable of the environment is not one of Foyer: it has no effect',
    fields: { variable: 'its name' },
    when: 'The process starts, and a name that begins with `OIDC_` or `SESSION_` is not known: most likely a typo',
    remedy: 'Compare it with [configuration.md](configuration.md)',
  },
  readable_secret_file: {
    level: 'warn',
    message: 'a file with a secret can be read by other users of the machine',
    fields: { variable: 'the variable whose secret it holds', file: 'its path' },
    when: 'The process starts, and the mode of a secret file lets group or others at it',
    remedy:
      '`chmod 600` it, or mount it for the user of the process alone. Replace the secret if others had access',
  },
  stopping: {
    level: 'info',
    message: 'stopping',
    fields: { signal: 'the signal that asked for it' },
    when: 'The process was asked to end',
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
} as const;
