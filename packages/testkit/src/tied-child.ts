import type { ChildProcess } from 'node:child_process';

/** Ends a child together with this process, so that a test that failed half way leaves no server behind. */
export const tieToThisProcess = <Child extends ChildProcess>(child: Child): Child => {
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
};
