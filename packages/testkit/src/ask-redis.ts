import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Sends commands to a Redis server or sentinel in order; returns its answers as unparsed text. */
export const askRedis = async (port: number, ...commands: readonly string[]): Promise<string> => {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.end([...commands, 'QUIT', ''].join('\r\n'));
  let answers = '';
  for await (const text of socket) answers += String(text);
  return answers;
};

/** Repeats commands until `isDone` accepts the answers. The server may still be starting. Throws after ten seconds. */
export const untilRedis = async (
  port: number,
  commands: readonly string[],
  isDone: (answers: string) => boolean,
): Promise<void> => {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const answers = await askRedis(port, ...commands).catch(String);
    if (isDone(answers)) return;
    if (performance.now() > deadline)
      throw new Error(`Redis did not answer as expected within 10 seconds. Its last answer:\n${answers}`);
    await wait(20);
  }
};
