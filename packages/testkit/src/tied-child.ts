import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * A shell script that reads which child processes start and end (`+ pid`, `- pid`), and kills the remaining ones when its
 * input ends. The kernel closes the pipe even when the writing process is killed.
 */
const watcher = `
pids=
while read -r change pid; do
  case $change in
    +) pids="$pids $pid" ;;
    -) left=; for one in $pids; do [ "$one" = "$pid" ] || left="$left $one"; done; pids=$left ;;
  esac
done
[ -z "$pids" ] || kill -9 $pids`;

let watched: Writable | undefined;

/** Starts the script in its own process group, so that a signal to ours does not reach it, and without keeping us running. */
const startWatcher = (): Writable => {
  const child = spawn('/bin/sh', ['-c', watcher], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  child.stdin.on('error', () => undefined);
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child.stdin;
};

/** Kills a child process when this process ends, even by a crash, so that a failed test leaves no server running. */
export const tieToThisProcess = <Child extends ChildProcess>(child: Child): Child => {
  if (child.pid === undefined) return child;
  watched ??= startWatcher();
  watched.write(`+ ${child.pid}\n`);
  child.once('exit', () => watched?.write(`- ${child.pid}\n`));
  return child;
};
