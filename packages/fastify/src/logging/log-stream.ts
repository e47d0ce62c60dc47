/** Where log lines go. */
export interface LogStream {
  readonly write: (line: string) => void;
}

/** Milliseconds that a line waits for others at most. */
const patience = 10;

/**
 * Standard output, written once for the lines of some milliseconds: a write costs as much as the rest of a request.
 * What is left is written when the process exits; a reader that has gone away ends the log, not the server.
 */
export const createLogStream = (): LogStream => {
  let lines = '';
  let isOver = false;
  const flush = (): void => {
    const written = lines;
    lines = '';
    if (written !== '' && !isOver) process.stdout.write(written);
  };
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isOver = true;
  });
  process.on('exit', flush);
  return {
    write: (line) => {
      if (lines === '') setTimeout(flush, patience);
      lines += line;
    },
  };
};
