import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads which processes there are (`+ pid`, `- pid`), and ends the rest when nobody writes any more: the kernel closes a
 * pipe for a process that was killed, too.
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

/** In a group of its own, so that a signal to ours does not reach it; it keeps nobody waiting. */
const startWatcher = (): Writable => {
  const child = spawn('/bin/sh', ['-c', watcher], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  child.stdin.on('error', () => undefined);
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child.stdin;
};

/** Ends a child together with this process, however that ends, so that a test that failed half way leaves no server behind. */
export const tieToThisProcess = <Child extends ChildProcess>(child: Child): Child => {
  if (child.pid === undefined) return child;
  watched ??= startWatcher();
  watched.write(`+ ${child.pid}\n`);
  child.once('exit', () => watched?.write(`- ${child.pid}\n`));
  return child;
};
