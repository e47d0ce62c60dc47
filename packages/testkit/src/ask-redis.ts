import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Sends commands to a Redis server or sentinel, one after the other; gives back its answers as they came. */
export const askRedis = async (port: number, ...commands: readonly string[]): Promise<string> => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end([...commands, 'QUIT', ''].join('\r\n'));
  let answers = '';
  for await (const text of socket) answers += String(text);
  return answers;
};

/** Asks a server, which may still be starting, until `isSo` holds of the answers; for ten seconds at most. */
export const untilRedis = async (
  port: number,
  commands: readonly string[],
  isSo: (answers: string) => boolean,
): Promise<void> => {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answers = await askRedis(port, ...commands).catch(String);
    if (isSo(answers)) return;
    if (performance.now() > deadline) throw new Error(`Redis went on to answer:\n${answers}`);
    await wait(20);
  }
};
